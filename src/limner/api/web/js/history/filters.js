// What of the history is shown; it stands in the address, so that it can be kept and gone back to.
import { html, useEffect, useRef, useState } from "../html.js";
import { models } from "../known.js";
import { setQuery } from "../router.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { Glyph } from "../ui/glyph.js";

const PAUSE = 250; // milliseconds without a key before it is searched

export function Filters({ search, model, status, period }) {
  const [typed, setTyped] = useState(search);
  const timer = useRef(0);
  useEffect(() => setTyped(search), [search]);
  function onSearch(event) {
    const words = event.target.value;
    setTyped(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setQuery({ search: words.trim() }), PAUSE);
  }
  const modelNames = Object.fromEntries(models.map((one) => [one.model_id, one.model_id]));
  return html`<form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
    <label class="search"><span class="visually-hidden">${text.history.search}</span><${Glyph} name="search" size=${17} />
      <input type="search" value=${typed} placeholder=${text.history.search} onInput=${onSearch} /></label>
    <${Filter} name="model" label=${text.history.model} chosen=${model} all=${text.history.allModels} choices=${modelNames} />
    <${Filter} name="status" label=${text.history.status} chosen=${status} all=${text.history.allStatuses} choices=${text.history.statuses} />
    <${Filter} name="period" label=${text.history.period} chosen=${period} all=${text.history.allTime} choices=${text.history.periods} />
    ${(search || model || status || period) && html`<${Button} small glyph="x" onClick=${() => setQuery({ search: "", model: "", status: "", period: "" })}>${text.history.clear}<//>`}
  </form>`;
}

function Filter({ name, label, chosen, all, choices }) {
  return html`<label class="filter"><span class="visually-hidden">${label}</span>
    <select onChange=${(event) => setQuery({ [name]: event.target.value })}>
      <option value="" selected=${!chosen}>${all}</option>
      ${Object.entries(choices).map(([value, words]) => html`<option key=${value} value=${value} selected=${value === chosen}>${words}</option>`)}
    </select></label>`;
}
