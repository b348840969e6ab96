// All models, with what each costs and what makes its pictures here.
import { html } from "../html.js";
import { money } from "../format.js";
import { fieldsOf, models } from "../known.js";
import { text } from "../strings.js";
import { Glyph } from "../ui/glyph.js";

export function Models() {
  return html`<div class="page">
    <header class="page-head"><h1 class="display">${text.models.title}</h1><p class="muted lead">${text.models.names}</p></header>
    <ul class="cards">${models.map((model) => html`<li key=${model.model_id}><a class="card" href=${`/models/${model.model_id}`}>
      <h2>${model.model_id}</h2><p class="muted">${model.description}</p>
      <p class="card-foot"><span class="figure">${money(model.base_price)} <span class="muted">${text.models.perPicture}</span></span>
      <span class="muted">${sizes(model)}</span></p></a></li>`)}</ul>
    <p class="hint"><a href="/llms.txt"><${Glyph} name="code-xml" size=${15} /> ${text.models.forAgents}</a></p>
  </div>`;
}

function sizes(model) {
  return Object.fromEntries(fieldsOf(model)).resolution?.enum.join(", ") ?? "1k";
}
