// One control for each kind of input, chosen by the schema that the API publishes, whatever the model.
import { html } from "../html.js";
import { text } from "../strings.js";
import { GlyphButton } from "../ui/button.js";
import { Glyph } from "../ui/glyph.js";
import { proportions, Shape } from "../ui/ratio.js";
import { errors, isLocked, setValue, valueOf } from "../state/draft.js";

const RATIO = /^\d+:\d+$/;
const MOST_SEGMENTS = 6;

export function Input({ name, field, required }) {
  const id = `input-${name}`;
  const error = errors.value[name];
  const Control = controlOf(field);
  const title = text.inputs[name]?.title ?? field.title;
  const hint = text.inputs[name]?.hint ?? field.description;
  const described = `${id}-hint${error ? ` ${id}-error` : ""}`;
  const given = { id, name, field, value: valueOf(name), set: (value) => setValue(name, value), described, isWrong: Boolean(error), required };
  const isGroup = Control === Ratio || Control === Segments;
  return html`<div class=${`input ${name} ${error ? "wrong" : ""}`} role=${isGroup ? "radiogroup" : undefined}
    aria-labelledby=${isGroup ? `${id}-label` : undefined} aria-describedby=${isGroup ? described : undefined}>
    ${isGroup ? html`<span class="label" id=${`${id}-label`}>${title}</span>` : html`<label class="label" for=${id}>${title}</label>`}
    <${Control} ...${given} />
    <p class="hint" id=${`${id}-hint`}>${hint}</p>
    ${error && html`<p class="error" id=${`${id}-error`} role="alert"><${Glyph} name="circle-alert" size=${15} />${error}</p>`}
  </div>`;
}

function controlOf(field) {
  if (field.enum?.every((value) => RATIO.test(value))) return Ratio;
  if (field.enum) return field.enum.length <= MOST_SEGMENTS ? Segments : Choice;
  if (field.type === "boolean") return Switch;
  if (field.type === "integer" && field.maximum - field.minimum < MOST_SEGMENTS) return Segments;
  if (field.type === "integer" && field.minimum === -1) return Seed;
  if (field.type === "integer" || field.type === "number") return Numeral;
  return Words;
}

function Words({ id, name, field, value, set, described, isWrong, required }) {
  const isMain = name === "prompt";
  const isLong = field.maxLength && value.length > field.maxLength * 0.8;
  return html`<textarea id=${id} name=${name} rows=${isMain ? 4 : 2} value=${value} placeholder=${text.inputs[name]?.placeholder}
      aria-describedby=${described} aria-invalid=${isWrong} aria-required=${required} disabled=${isLocked.value} spellcheck
      onInput=${(event) => set(event.target.value)}></textarea>
    ${isLong && html`<p class="hint">${text.inputs.length(value.length, field.maxLength)}</p>`}`;
}

function Ratio({ id, field, value, set }) {
  return html`<div class="ratios">${field.enum.map((ratio) => {
    const [width, height] = proportions(ratio);
    return html`<label key=${ratio} class="ratio"><input type="radio" name=${id} value=${ratio} checked=${value === ratio}
      disabled=${isLocked.value} aria-label=${text.inputs.ratio(ratio, width, height)} onChange=${() => set(ratio)} />
      <span><${Shape} ratio=${ratio} />${ratio}</span></label>`;
  })}</div>`;
}

function Segments({ id, field, value, set }) {
  const choices = field.enum ?? Array.from({ length: field.maximum - field.minimum + 1 }, (_, k) => field.minimum + k);
  return html`<div class="segments">${choices.map((choice) => html`<label key=${choice}><input type="radio" name=${id} value=${choice}
    checked=${value === choice} disabled=${isLocked.value} onChange=${() => set(choice)} /><span>${text.choices[choice] ?? choice}</span></label>`)}</div>`;
}

function Choice({ id, field, value, set, described }) {
  return html`<select id=${id} aria-describedby=${described} disabled=${isLocked.value} onChange=${(event) => set(event.target.value)}>
    ${field.enum.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === value}>${choice}</option>`)}
  </select>`;
}

function Switch({ id, value, set, described }) {
  return html`<input type="checkbox" class="switch" role="switch" id=${id} checked=${value === true} aria-describedby=${described}
    disabled=${isLocked.value} onChange=${(event) => set(event.target.checked)} />`;
}

// What is no number is kept as typed: the server says what is wrong with it.
function parsed(words) {
  return /^-?\d+$/.test(words.trim()) ? Number(words) : words.trim();
}

function Numeral({ id, field, value, set, described, isWrong }) {
  return html`<input type="text" inputmode="numeric" id=${id} value=${value} placeholder=${field.default} autocomplete="off"
    aria-describedby=${described} aria-invalid=${isWrong} disabled=${isLocked.value} onInput=${(event) => set(parsed(event.target.value))} />`;
}

function Seed({ id, field, value, set, described, isWrong }) {
  const roll = () => set(crypto.getRandomValues(new Uint32Array(1))[0] % (field.maximum - 16));
  const shown = value === field.default ? "" : value;
  return html`<div class="joined">
    <input type="text" inputmode="numeric" id=${id} value=${shown} placeholder=${text.inputs.random} autocomplete="off"
      aria-describedby=${described} aria-invalid=${isWrong} disabled=${isLocked.value}
      onInput=${(event) => set(event.target.value.trim() === "" ? field.default : parsed(event.target.value))} />
    ${shown !== "" && html`<${GlyphButton} glyph="x" label=${text.inputs.forgetSeed} disabled=${isLocked.value} onClick=${() => set(field.default)} />`}
    <${GlyphButton} glyph="dices" label=${text.inputs.roll} disabled=${isLocked.value} onClick=${roll} />
  </div>`;
}
