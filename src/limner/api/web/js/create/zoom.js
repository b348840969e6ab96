// One picture as large as the window lets it be, or in its own size; arrows go to the others.
import { html, useEffect, useSignal } from "../html.js";
import { bytes, local } from "../format.js";
import { text } from "../strings.js";
import { Dialog } from "../ui/dialog.js";
import { GlyphButton, GlyphLink } from "../ui/button.js";
import { copyLink, delivered, fileName } from "./actions.js";

export function Zoom({ run, n, show }) {
  const isWhole = useSignal(false); // in its own size, scrolled
  const images = delivered(run);
  const at = images.findIndex((image) => image.n === n);
  const image = images[at];
  const go = (by) => show(images[(at + by + images.length) % images.length].n);
  useEffect(() => {
    const onKey = (event) => event.key in STEPS && images.length > 1 && go(STEPS[event.key]);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
  const name = text.result.picture(image.n, run.images.length, run.input.prompt);
  return html`<${Dialog} title=${text.result.seedOf(image.seed)} close=${() => show(0)} class=${`zoom ${isWhole.value ? "whole" : ""}`}>
    <div class="zoom-view" tabindex=${isWhole.value ? 0 : -1}>
      <img src=${local(image.url)} alt=${name} width=${image.width} height=${image.height} onClick=${() => (isWhole.value = !isWhole.value)} />
    </div>
    <footer class="zoom-foot">
      <span class="muted">${image.width} × ${image.height} · ${bytes(image.bytes)}</span>
      <span class="picture-actions">
        ${images.length > 1 && html`<${GlyphButton} glyph="chevron-left" label=${text.result.previous} onClick=${() => go(-1)} />
          <${GlyphButton} glyph="chevron-right" label=${text.result.next} onClick=${() => go(1)} />`}
        <${GlyphButton} glyph="maximize-2" label=${isWhole.value ? text.result.fit : text.result.whole} aria-pressed=${isWhole.value} onClick=${() => (isWhole.value = !isWhole.value)} />
        <${GlyphButton} glyph="link" label=${text.result.copyLink} onClick=${() => copyLink(image)} />
        <${GlyphLink} glyph="download" label=${text.result.download} href=${local(image.url)} download=${fileName(run, image)} />
      </span>
    </footer>
  <//>`;
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
