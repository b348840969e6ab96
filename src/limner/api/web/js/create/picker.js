// The model that is chosen, and the dialog where another one is.
import { html, useState } from "../html.js";
import { money } from "../format.js";
import { models } from "../known.js";
import { model, setModel } from "../state/draft.js";
import { text } from "../strings.js";
import { Dialog } from "../ui/dialog.js";
import { Glyph } from "../ui/glyph.js";

export function Picker() {
  const [isOpen, setOpen] = useState(false);
  const chosen = model.value;
  return html`<div class="picker">
    <button type="button" class="picker-button" aria-haspopup="dialog" onClick=${() => setOpen(true)}>
      <span class="picker-words"><span class="visually-hidden">${text.create.model}: </span><strong>${chosen.model_id}</strong>
        <span class="muted">${text.models.priceOf(money(chosen.base_price))} · ${text.models.engineOf(chosen.engine)}</span></span>
      <${Glyph} name="chevron-down" />
    </button>
    <p class="hint">${chosen.description} <a href=${`/models/${chosen.model_id}`}>${text.create.about}</a></p>
    ${isOpen && html`<${Choices} close=${() => setOpen(false)} />`}
  </div>`;
}

function Choices({ close }) {
  const choose = (id) => {
    setModel(id);
    close();
  };
  return html`<${Dialog} title=${text.create.chooseModel} close=${close}>
    <ul class="choices">${models.map((one) => html`<li key=${one.model_id}>
      <button type="button" aria-current=${one === model.value ? "true" : undefined} autofocus=${one === model.value} onClick=${() => choose(one.model_id)}>
        <span><strong>${one.model_id}</strong><span class="muted">${one.description}</span></span>
        <span class="figure">${money(one.base_price)}</span>
      </button></li>`)}</ul>
    <p class="hint">${text.models.names}</p>
  <//>`;
}
