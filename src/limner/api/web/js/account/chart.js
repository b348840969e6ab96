// Spend by day, each day a bar with a part for each model. Drawn as SVG: it takes the page's colours and scales;
// the same figures are in a table for those who read it otherwise. Pure drawing from numbers.
import { html, useEffect, useRef, useSignal } from "../html.js";
import { money } from "../format.js";
import { text } from "../strings.js";

const [HEIGHT, LEFT, BOTTOM, TOP] = [240, 56, 26, 8]; // pixels
const LABEL = 90; // pixels from one day that is named to the next, at least

export function Chart({ days, daily, models }) {
  const pointed = useSignal(null);
  const width = useSignal(720);
  const drawing = useRef(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => (width.value = Math.round(entry.contentRect.width)));
    observer.observe(drawing.current);
    return () => observer.disconnect();
  }, []);
  const byDay = Object.fromEntries(daily.map((one) => [one.date, one]));
  const { top, ticks } = scale(Math.max(0, ...daily.map((one) => one.amount)));
  const y = (amount) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - amount / top);
  const slot = (width.value - LEFT) / days.length;
  const day = byDay[pointed.value];
  const label = text.usage.chart(money(daily.reduce((sum, one) => sum + one.amount, 0)), days.length);
  return html`<figure class="chart">
    <svg ref=${drawing} role="img" aria-label=${label} onPointerLeave=${() => (pointed.value = null)}>
      ${ticks.map((tick) => html`<g key=${tick} class="tick"><line x1=${LEFT} x2=${width.value} y1=${y(tick)} y2=${y(tick)} /><text x=${LEFT - 8} y=${y(tick) + 4}>${money(tick)}</text></g>`)}
      ${days.map((date, k) => html`<g key=${date} class=${pointed.value === date ? "bar pointed" : "bar"} onPointerEnter=${() => (pointed.value = date)}>
        <rect class="slot" x=${LEFT + k * slot} y=${TOP} width=${slot} height=${HEIGHT - TOP - BOTTOM} />
        ${parts(byDay[date], models).map(([model, from, amount]) => html`<rect key=${model} class=${`shade-${models.indexOf(model) % 6}`}
          x=${LEFT + (k + 0.15) * slot} width=${slot * 0.7} y=${y(from + amount)} height=${Math.max(0, y(from) - y(from + amount))} />`)}
        ${isLabelled(k, days.length, slot) && html`<text class="day" x=${Math.min(LEFT + (k + 0.5) * slot, width.value - 20)} y=${HEIGHT - 6}>${short(date)}</text>`}
      </g>`)}
    </svg>
    <figcaption aria-live="off">${day ? html`<strong>${short(day.date)}</strong> ${money(day.amount)} · ${day.models.map((one) => `${one.model_uuid} ${money(one.amount)}`).join(" · ")}`
      : html`<span class="muted">${pointed.value ? `${short(pointed.value)}: ${text.usage.noneThatDay}` : text.usage.chartHint}</span>`}</figcaption>
    <details class="figures-details"><summary>${text.usage.asTable}</summary><div class="table-wrap"><table class="figures-table">
      <thead><tr><th scope="col">${text.usage.day}</th><th scope="col">${text.usage.requests}</th><th scope="col">${text.usage.spent}</th></tr></thead>
      <tbody>${[...daily].reverse().map((one) => html`<tr key=${one.date}><th scope="row">${short(one.date)}</th><td>${one.count}</td><td>${money(one.amount)}</td></tr>`)}</tbody></table></div></details>
  </figure>`;
}

// [model, from, amount] from the ground up, in the order of the models.
function parts(day, models) {
  let from = 0;
  const amounts = Object.fromEntries((day?.models ?? []).map((one) => [one.model_uuid, one.amount]));
  return models.filter((model) => amounts[model]).map((model) => {
    const part = [model, from, amounts[model]];
    from += amounts[model];
    return part;
  });
}

// Round numbers that hold the highest bar.
export function scale(highest) {
  const rough = (highest || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const ticks = Array.from({ length: Math.ceil((highest || 1) / step) + 1 }, (_, k) => k * step);
  return { top: ticks.at(-1), ticks };
}

function isLabelled(k, number, slot) {
  const every = Math.ceil(LABEL / slot);
  return (number - 1 - k) % every === 0;
}

function short(date) {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}
