// The shape of a picture, drawn: a rectangle of its proportions.
import { html } from "../html.js";

export function proportions(ratio) {
  const [width, height] = ratio.split(":").map(Number);
  return width > 0 && height > 0 ? [width, height] : [1, 1];
}

export function Shape({ ratio, size = 22 }) {
  const [width, height] = proportions(ratio);
  const scale = size / Math.max(width, height);
  const [across, down] = [width * scale, height * scale];
  return html`<svg class="shape" width=${size + 4} height=${size + 4} aria-hidden="true">
    <rect x=${(size - across) / 2 + 2} y=${(size - down) / 2 + 2} width=${across} height=${down} rx="3" />
  </svg>`;
}
