// One run in the history: its first picture, its words, when and for how much.
import { html } from "../html.js";
import { ago, money } from "../format.js";
import { isUnfinished } from "../state/runs.js";
import { text } from "../strings.js";
import { Glyph } from "../ui/glyph.js";

export function Card({ run, isChosen, toggle, open }) {
  const first = run.images.findIndex((image) => image.url) + 1;
  return html`<li class=${`history-card ${isChosen ? "chosen" : ""}`}>
    <button type="button" class="history-open" onClick=${() => open(run.id)}>
      <span class="thumb">${first > 0
        ? html`<img src=${`/thumbnails/${run.id}/${first}.webp`} alt="" width="320" height="320" loading="lazy" decoding="async" />`
        : html`<span class="thumb-word">${isUnfinished(run) ? html`<span class="spinner"></span>` : html`<${Glyph} name=${run.cancelled ? "circle-stop" : "circle-alert"} />`}${state(run)}</span>`}
        ${run.outputs.length > 1 && html`<span class="badge">${text.history.pictures(run.outputs.length)}</span>`}
      </span>
      <span class="history-prompt">${run.input.prompt}</span>
      <span class="history-meta muted"><span>${run.model.split("/").pop()}</span><span>${ago(run.created_at)}</span><span>${run.charged > 0 ? money(run.charged) : ""}</span></span>
    </button>
    <label class="choose"><input type="checkbox" checked=${isChosen} onChange=${() => toggle(run.id)} aria-label=${text.history.choose(run.input.prompt)} /></label>
  </li>`;
}

function state(run) {
  if (run.cancelled) return text.history.statuses.cancelled;
  return text.history.statuses[run.status];
}
