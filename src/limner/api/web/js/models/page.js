// One model: what it is, its price, inputs and limits, how to write for it, examples, its other versions, samples.
import { html } from "../html.js";
import { money } from "../format.js";
import { fieldsOf, findModel, models, schemaOf } from "../known.js";
import { navigate } from "../router.js";
import { setModel, setValue } from "../state/draft.js";
import { examplesFor } from "../examples.js";
import { text } from "../strings.js";
import { Glyph } from "../ui/glyph.js";
import { Samples } from "../create/panels.js";

export function ModelPage({ id }) {
  const model = findModel(id);
  if (!model) return html`<div class="page narrow"><h1>${text.models.unknown(id)}</h1><p><a href="/models">${text.models.all}</a></p></div>`;
  const isBuiltIn = model.engine === "nano";
  return html`<div class="page model-page">
    <header class="page-head">
      <p class="crumbs"><a href="/models">${text.models.title}</a></p>
      <h1>${id}</h1>
      <p class="muted lead">${model.description} ${isBuiltIn ? text.models.builtIn : text.models.madeBy(model.engine)}</p>
      <p class="page-actions"><a class="button primary" href=${`/?model=${id}`}><${Glyph} name="sparkles" size=${17} /><span>${text.models.try}</span></a>
        <a class="button quiet" href=${`/models/${id}/llms.txt`}><${Glyph} name="code-xml" size=${17} /><span>${text.create.forAgents}</span></a></p>
    </header>
    <div class="columns">
      <div class="stack wide-gap">
        <section><h2>${text.models.inputs}</h2><${Inputs} model=${model} /></section>
        <section><h2>${text.models.tips}</h2><ul class="tips">${(isBuiltIn ? text.models.tipsBuiltIn : text.models.tipsLarge).map((tip) => html`<li key=${tip}>${tip}</li>`)}</ul></section>
        <section><h2>${text.models.examples}</h2><ul class="starters">${examplesFor(model).map((words) => html`<li key=${words}>
          <button type="button" onClick=${() => use(id, words)}>${words}<${Glyph} name="arrow-right" size=${16} /></button></li>`)}</ul></section>
        <section><h2>${text.models.fromCode}</h2><${Samples} id=${id} body=${{ prompt: examplesFor(model)[0] }} /></section>
      </div>
      <aside class="stack wide-gap">
        <section class="price-card"><h2>${text.models.price}</h2><p class="figure big">${money(model.base_price)}</p><p class="muted">${text.models.priceTerms}</p></section>
        <section><h2>${text.models.versions}</h2><ul class="versions">${versionsOf(model).map((other) => html`<li key=${other.model_id}>
          <a href=${`/models/${other.model_id}`}>${other.model_id}</a><span class="muted">${other.description}</span><span class="figure">${money(other.base_price)}</span></li>`)}</ul></section>
      </aside>
    </div>
  </div>`;
}

function use(id, words) {
  setModel(id);
  setValue("prompt", words);
  navigate("/");
}

// The same name without its effort first, then the others.
function versionsOf(model) {
  const family = (id) => id.split("/").pop().replace(/-(ultra|fast)$/, "");
  const own = family(model.model_id);
  const others = models.filter((other) => other !== model);
  return [...others.filter((other) => family(other.model_id) === own), ...others.filter((other) => family(other.model_id) !== own)];
}

function Inputs({ model }) {
  const required = schemaOf(model).required;
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${text.models.inputs}><table>
    <thead><tr><th scope="col">${text.models.input}</th><th scope="col">${text.models.takes}</th><th scope="col">${text.models.default}</th><th scope="col">${text.models.meaning}</th></tr></thead>
    <tbody>${fieldsOf(model).map(([name, field]) => html`<tr key=${name}>
      <th scope="row" class="mono">${name}</th><td>${takes(field)}</td>
      <td class="mono">${required.includes(name) ? html`<em>${text.models.required}</em>` : JSON.stringify(field.default) ?? ""}</td><td>${field.description}</td></tr>`)}</tbody>
  </table></div>`;
}

function takes(field) {
  if (field.enum) return field.enum.join(", ");
  if (field.type === "boolean") return "true, false";
  if (field.type === "integer") return text.models.fromTo(field.minimum, field.maximum);
  return text.models.upTo(field.maxLength);
}
