// Buttons: with words, or with a drawing whose words are the name and the tip.
import { html } from "../html.js";
import { Glyph } from "./glyph.js";

export function Button({ glyph, kind = "quiet", small = false, class: className = "", children, ...rest }) {
  return html`<button type="button" class=${`button ${kind} ${small ? "small" : ""} ${className}`} ...${rest}>
    ${glyph && html`<${Glyph} name=${glyph} size=${small ? 15 : 17} />`}${children && html`<span>${children}</span>`}
  </button>`;
}

export function GlyphButton({ glyph, label, class: className = "", ...rest }) {
  return html`<button type="button" class=${`glyph-button ${className}`} aria-label=${label} title=${label} ...${rest}>
    <${Glyph} name=${glyph} />
  </button>`;
}

export function GlyphLink({ glyph, label, class: className = "", ...rest }) {
  return html`<a class=${`glyph-button ${className}`} aria-label=${label} title=${label} ...${rest}>
    <${Glyph} name=${glyph} />
  </a>`;
}
