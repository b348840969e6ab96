// Short notices at the edge of the page, told to screen readers too; and what was copied.
import { html, signal } from "../html.js";
import { text } from "../strings.js";
import { Glyph } from "./glyph.js";

const STAYS = 4500; // milliseconds
const notices = signal([]);
let number = 0;

export function notify(words, kind = "info") {
  const one = { id: (number += 1), words, kind };
  notices.value = [...notices.value.slice(-2), one];
  setTimeout(() => (notices.value = notices.value.filter((other) => other !== one)), STAYS);
}

// What went wrong, where there is no better place to say it.
export function complain(error) {
  notify(error.message, "error");
}

export function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">
    ${notices.value.map((one) => html`<p key=${one.id} class=${`notice ${one.kind}`}>
      <${Glyph} name=${one.kind === "error" ? "circle-alert" : "check"} size=${16} />${one.words}</p>`)}
  </div>`;
}

export async function copy(words, notice = text.common.copied) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    copyAsBefore(words); // the clipboard is for secure origins; plain http on a local network is none
  }
  notify(notice);
}

function copyAsBefore(words) {
  const area = document.createElement("textarea");
  area.value = words;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
