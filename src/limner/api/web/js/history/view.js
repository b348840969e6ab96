// Everything that was made, newest first: searched, filtered, scrolled without end, opened, deleted.
import { returns } from "../api.js";
import { dateTime } from "../format.js";
import { html, useEffect, useRef, useSignal } from "../html.js";
import { isUnfinished, runs } from "../state/runs.js";
import { isAsking, session } from "../state/session.js";
import { place } from "../router.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { removeAsked } from "../create/actions.js";
import { Progress } from "../create/progress.js";
import { Result } from "../create/result.js";
import { Card } from "./card.js";
import { Filters } from "./filters.js";
import { isLoading, items, more, next, problem, reload, show, without } from "./store.js";

const AHEAD = "800px"; // how far before the end more is asked for

export function History() {
  const opened = useSignal("");
  const chosen = useSignal(new Set());
  const isSignedIn = session.value?.signed_in;
  const { search = "", model = "", status = "", period = "" } = place.value.query;
  useEffect(() => {
    if (isSignedIn) show({ search, model, status, period });
  }, [isSignedIn, search, model, status, period]);
  useEffect(() => {
    // The page may have been left a while ago, and the server, too.
    if (isSignedIn && next.value !== null && scrollY === 0) reload();
  }, [isSignedIn, returns.value]);

  const shown = items.value.map((run) => runs.value.get(run.id) ?? run);
  const open = shown.find((run) => run.id === opened.value);
  const isFiltered = Boolean(search || model || status || period);

  function toggle(id) {
    const ids = new Set(chosen.value);
    if (!ids.delete(id)) ids.add(id);
    chosen.value = ids;
  }

  async function removeChosen() {
    const ids = [...chosen.value];
    if (!(await removeAsked(ids))) return;
    without(ids);
    chosen.value = new Set();
  }

  return html`<div class="page history">
    <header class="page-head"><h1 class="display">${text.history.title}</h1></header>
    <${Filters} search=${search} model=${model} status=${status} period=${period} />
    ${chosen.value.size > 0 && html`<div class="choice-bar" role="region" aria-label=${text.history.chosen(chosen.value.size)}>
      <strong>${text.history.chosen(chosen.value.size)}</strong>
      <${Button} small onClick=${() => (chosen.value = new Set())}>${text.history.chooseNone}<//>
      <${Button} small kind="danger" glyph="trash" onClick=${removeChosen}>${text.history.delete(chosen.value.size)}<//></div>`}
    <ul class="grid" aria-label=${text.history.title} aria-busy=${isLoading.value}>
      ${shown.map((run) => html`<${Card} key=${run.id} run=${run} isChosen=${chosen.value.has(run.id)} toggle=${toggle} open=${(id) => (opened.value = id)} />`)}
    </ul>
    ${problem.value && html`<p class="error box" role="alert">${problem.value}</p>`}
    ${session.value && !isSignedIn && html`<${Nothing} title=${text.history.signedOut}><${Button} kind="primary" onClick=${() => (isAsking.value = true)}>${text.signIn.action}<//><//>`}
    ${isSignedIn && shown.length === 0 && next.value === "" && html`<${Nothing} title=${isFiltered ? text.history.noMatch : text.history.empty}>
      ${!isFiltered && html`<a class="button primary" href="/">${text.history.first}</a>`}<//>`}
    <${End} />
    ${open && html`<${Dialog} title=${dateTime(open.created_at)} wide close=${() => (opened.value = "")}>
      ${isUnfinished(open) ? html`<${Progress} run=${open} />` : html`<${Result} run=${open} close=${() => close(open)} />`}<//>`}
  </div>`;

  function close(run) {
    opened.value = "";
    if (!runs.value.has(run.id)) without([run.id]);
  }
}

function Nothing({ title, children }) {
  return html`<div class="nothing"><p>${title}</p>${children}</div>`;
}

// Asks for more as soon as it comes near.
function End() {
  const end = useRef(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && next.value && more(), { rootMargin: AHEAD });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [next.value]);
  return html`<div ref=${end} class="end" role="status">${isLoading.value ? html`<span class="spinner" aria-hidden="true"></span><span class="visually-hidden">${text.common.loading}</span>`
    : next.value === "" && items.value.length > 8 ? html`<span class="muted">${text.history.end}</span>` : ""}</div>`;
}
