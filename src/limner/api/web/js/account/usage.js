// What was used and spent, by day and by model.
import { call, returns } from "../api.js";
import { html, useEffect, useSignal } from "../html.js";
import { ago, count, money } from "../format.js";
import { text } from "../strings.js";
import { Chart } from "./chart.js";

const PERIODS = [7, 30, 90]; // days
const DAY = 86_400_000;

export function Usage() {
  const period = useSignal(30);
  const usage = useSignal(null);
  const problem = useSignal("");
  useEffect(() => {
    let isCurrent = true;
    call("POST", "/api/v3/user/usage_stats", { start_time: days(period.value)[0] }).then(
      (found) => isCurrent && ((usage.value = { ...found, days: days(period.value) }), (problem.value = "")),
      (error) => (problem.value = error.message),
    );
    return () => (isCurrent = false);
  }, [period.value, returns.value]);

  if (problem.value && !usage.value) return html`<p class="error box" role="alert">${problem.value}</p>`;
  if (!usage.value) return html`<div class="shimmer waiting"></div>`;
  const { summary, per_model_usage: models, daily_usage: daily } = usage.value;
  return html`<div class="stack wide-gap">
    <div class="row between"><h2>${text.usage.title}</h2>
      <div class="segments compact" role="radiogroup" aria-label=${text.usage.period}>${PERIODS.map((one) => html`<label key=${one}>
        <input type="radio" name="period" checked=${period.value === one} onChange=${() => (period.value = one)} /><span>${text.account.days(one)}</span></label>`)}</div></div>
    <div class="figures">
      <div class="figure-card"><p class="muted">${text.usage.spent}</p><p class="figure big">${money(summary.total_cost)}</p></div>
      <div class="figure-card"><p class="muted">${text.usage.requests}</p><p class="figure big">${count(summary.total_requests)}</p></div>
      <div class="figure-card"><p class="muted">${text.usage.delivered}</p><p class="figure big">${count(summary.success_requests)}</p></div>
    </div>
    <${Chart} days=${usage.value.days} daily=${daily} models=${models.map((one) => one.model_uuid)} />
    ${models.length === 0 ? html`<p class="nothing">${text.usage.none}</p>` : html`<div class="table-wrap" tabindex="0" role="region" aria-label=${text.usage.byModel}><table class="figures-table">
      <thead><tr><th scope="col">${text.facts.model}</th><th scope="col">${text.usage.requests}</th><th scope="col">${text.usage.spent}</th><th scope="col">${text.usage.last}</th></tr></thead>
      <tbody>${models.map((one, k) => html`<tr key=${one.model_uuid}><th scope="row"><span class=${`swatch shade-${k % 6}`}></span>${one.model_uuid}</th>
        <td>${count(one.total_count)}</td><td>${money(one.total_cost)}</td><td>${ago(one.last_used_date)}</td></tr>`)}</tbody></table></div>`}
  </div>`;
}

// The days of the period in UTC, as the server counts them, today last.
function days(number) {
  return Array.from({ length: number }, (_, k) => new Date(Date.now() - (number - 1 - k) * DAY).toISOString().slice(0, 10));
}
