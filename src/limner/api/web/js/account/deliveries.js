// The log of webhook deliveries, with the attempts of each; what is on its way is looked after until it has arrived.
import { call, returns } from "../api.js";
import { html, useEffect, useSignal } from "../html.js";
import { ago, dateTime } from "../format.js";
import { setQuery, place } from "../router.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { complain, notify } from "../ui/notices.js";

const PAGE_SIZE = 20;
const LOOK = 1500; // milliseconds between looks while something is on its way

export function Deliveries({ changed }) {
  const page = useSignal(1);
  const log = useSignal(null);
  const { delivery = "" } = place.value.query;

  async function refresh() {
    const query = new URLSearchParams({ page: 1, page_size: PAGE_SIZE * page.value, ...(delivery && { status: delivery }) });
    try {
      log.value = await call("GET", `/api/v3/webhook/deliveries?${query}`);
    } catch (error) {
      complain(error);
    }
  }
  useEffect(() => {
    refresh();
  }, [page.value, delivery, changed.value, returns.value]);
  const isWaiting = log.value?.items.some((one) => one.status === "pending");
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = setInterval(refresh, LOOK);
    return () => clearInterval(timer);
  }, [isWaiting, page.value, delivery]);

  async function again(one) {
    try {
      await call("POST", `/api/v3/webhook/deliveries/${one.id}/redeliver`);
      notify(text.webhooks.redelivered);
      refresh();
    } catch (error) {
      complain(error);
    }
  }

  return html`<section><div class="row between"><h2>${text.webhooks.deliveries}</h2>
    <label class="filter"><span class="visually-hidden">${text.history.status}</span><select onChange=${(event) => setQuery({ delivery: event.target.value })}>
      <option value="" selected=${!delivery}>${text.history.allStatuses}</option>
      ${Object.entries(text.webhooks.statuses).map(([value, words]) => html`<option key=${value} value=${value} selected=${delivery === value}>${words}</option>`)}</select></label></div>
    ${log.value === null ? html`<div class="shimmer waiting"></div>` : log.value.items.length === 0 ? html`<p class="nothing">${text.webhooks.none}</p>`
      : html`<ul class="rows">${log.value.items.map((one) => html`<${Delivery} key=${one.id} one=${one} again=${again} />`)}</ul>`}
    ${log.value && log.value.total > log.value.items.length && page.value < 5 && html`<${Button} onClick=${() => (page.value += 1)}>${text.common.more}<//>`}
  </section>`;
}

function Delivery({ one, again }) {
  const last = one.attempts.at(-1);
  return html`<li class="delivery"><details><summary>
      <span class=${`status ${one.status}`}>${text.webhooks.statuses[one.status]}</span><span class="delivery-url mono">${one.url}</span>
      <span class="muted">${text.webhooks.events[one.event]}</span><span class="muted">${ago(one.created_at)}</span></summary>
    <div class="stack delivery-more">
      ${one.prediction_id && html`<p class="hint">${text.webhooks.prediction} <a class="mono" href=${`/?run=${one.prediction_id}`}>${one.prediction_id}</a></p>`}
      ${one.attempts.length === 0 ? html`<p class="hint">${text.webhooks.noAttempts}</p>` : html`<ol class="attempts">${one.attempts.map((attempt) => html`<li key=${attempt.number}>
        <span class="figure">${attempt.http_status || "–"}</span><span>${attempt.error || text.webhooks.fine}</span><span class="muted">${dateTime(attempt.started_at)}, ${attempt.duration_ms} ms</span></li>`)}</ol>`}
      ${one.next_attempt_at && html`<p class="hint">${text.webhooks.nextAttempt(dateTime(one.next_attempt_at))}</p>`}
      <div class="actions"><${Button} small glyph="rotate-ccw" aria-label=${text.webhooks.redeliverTo(one.url)} onClick=${() => again(one)}>${text.webhooks.redeliver}<//></div>
    </div></details>${last?.error && one.status !== "delivered" && html`<p class="error small">${last.error}</p>`}</li>`;
}
