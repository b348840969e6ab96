// A drawing from the Lucide set. It says nothing to a screen reader: what it stands beside or in has words.
import { h } from "../../vendor/preact.js";
import drawings from "../../vendor/lucide.js";

const LINES = { fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" };

export function Glyph({ name, size = 18 }) {
  const shapes = drawings[name].map(([tag, attributes]) => h(tag, attributes));
  return h("svg", { class: "glyph", width: size, height: size, viewBox: "0 0 24 24", "aria-hidden": "true", ...LINES }, shapes);
}
