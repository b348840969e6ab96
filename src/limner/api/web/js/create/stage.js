// What the request became: nothing yet, on its way, or over; and the runs before it.
import { html, useEffect } from "../html.js";
import { navigate } from "../router.js";
import { model, setValue } from "../state/draft.js";
import { isLoaded, isUnfinished, load, recent, runs, selected, selectedId } from "../state/runs.js";
import { session } from "../state/session.js";
import { examplesFor } from "../examples.js";
import { text } from "../strings.js";
import { Glyph } from "../ui/glyph.js";
import { Progress, stage } from "./progress.js";
import { Result } from "./result.js";

export function Stage({ wanted }) {
  useEffect(() => {
    selectedId.value = wanted;
    if (wanted && session.value?.signed_in && !runs.value.has(wanted)) {
      load(wanted).catch((error) => error.status === 404 && navigate("/", { replace: true }));
    }
  }, [wanted, session.value]);
  useEffect(() => {
    // After a reload without an address: what is under way goes on being shown.
    const going = recent.value.find((id) => isUnfinished(runs.value.get(id)));
    if (!wanted && isLoaded.value && going) navigate(`/?run=${going}`, { replace: true, keepScroll: true });
  }, [isLoaded.value]);
  const run = selected.value;
  return html`<section class="stage" aria-label=${text.create.result}>
    <p class="visually-hidden" role="status">${run ? spoken(run) : ""}</p>
    ${!run ? (wanted ? html`<div class="shimmer waiting"></div>` : html`<${Empty} />`)
      : isUnfinished(run) ? html`<${Progress} key=${run.id} run=${run} />` : html`<${Result} key=${run.id} run=${run} />`}
    <${Recent} />
  </section>`;
}

// For those who do not see it; not every step, which nobody wants to hear.
function spoken(run) {
  if (run.status === "created") return stage(run);
  if (run.status === "processing") return text.progress.begins;
  return run.status === "completed" ? text.progress.ready(run.outputs.length) : text.result.failed;
}

function Empty() {
  return html`<div class="empty">
    <h2 class="display">${text.create.emptyTitle}</h2>
    <p class="muted">${text.create.emptyBody}</p>
    <ul class="starters">${examplesFor(model.value).slice(0, 6).map((words) => html`<li key=${words}>
      <button type="button" onClick=${() => begin(words)}>${words}<${Glyph} name="arrow-right" size=${16} /></button></li>`)}</ul>
  </div>`;
}

function begin(words) {
  setValue("prompt", words);
  document.getElementById("input-prompt")?.focus();
}

function Recent() {
  const shown = recent.value.map((id) => runs.value.get(id)).filter(Boolean);
  if (shown.length === 0) return null;
  return html`<nav class="recent" aria-label=${text.create.recent}>
    <header><h2>${text.create.recent}</h2><a href="/history">${text.create.allOfThem}</a></header>
    <ul>${shown.map((run) => html`<li key=${run.id}><a href=${`/?run=${run.id}`} class="recent-run" title=${run.input.prompt}
      aria-current=${run.id === selectedId.value ? "true" : undefined}>${small(run)}<span class="visually-hidden">${run.input.prompt}</span></a></li>`)}</ul>
  </nav>`;
}

function small(run) {
  if (isUnfinished(run)) return run.preview ? html`<img src=${run.preview} alt="" /><span class="spinner" aria-hidden="true"></span>` : html`<span class="spinner" aria-hidden="true"></span>`;
  const first = run.images.findIndex((image) => image.url) + 1;
  if (first === 0) return html`<${Glyph} name=${run.cancelled ? "circle-stop" : "circle-alert"} />`;
  return html`<img src=${`/thumbnails/${run.id}/${first}.webp`} alt="" loading="lazy" width="72" height="72" />`;
}
