// A run on its way: the frame of the picture to be, the preview in it, the place in line, the steps, the time left.
import { html, useSignal } from "../html.js";
import { ordinal } from "../format.js";
import { cancel } from "../state/runs.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { complain } from "../ui/notices.js";
import { proportions } from "../ui/ratio.js";

export function Progress({ run }) {
  const isCancelling = useSignal(false);
  const { step, num_steps: steps } = run.progress;
  const share = steps ? step / steps : 0;
  const [width, height] = proportions(run.input.aspect_ratio ?? "1:1");

  async function onCancel() {
    isCancelling.value = true;
    try {
      await cancel(run.id);
    } catch (error) {
      complain(error);
    }
    isCancelling.value = false;
  }

  return html`<article class="run under-way" aria-busy="true">
    <div class="frame" style=${{ aspectRatio: `${width} / ${height}`, "--ratio": width / height }}>
      ${run.preview
        ? html`<img class="preview" src=${run.preview} alt=${text.progress.preview} style=${{ filter: `blur(${Math.round((1 - share) * 14)}px)` }} />`
        : html`<div class="shimmer"></div>`}
    </div>
    <div class="progress-line">
      <progress max="1" value=${share || undefined} aria-label=${text.progress.label}></progress>
      <p class="progress-words"><strong>${stage(run)}</strong><span class="muted">${left(run)}</span>
        <${Button} small glyph="circle-stop" disabled=${isCancelling.value} onClick=${onCancel}>${text.common.cancel}<//></p>
    </div>
    <p class="prompt">${run.input.prompt}</p>
  </article>`;
}

export function stage(run) {
  if (run.status === "created") return run.queue_position > 0 ? text.progress.inLine(run.queue_position, ordinal(run.queue_position)) : text.progress.waits;
  return run.progress.num_steps ? text.progress.step(run.progress.step, run.progress.num_steps) : text.progress.begins;
}

function left(run) {
  return run.eta_seconds > 0 ? text.progress.left(Math.max(1, Math.round(run.eta_seconds))) : "";
}
