// The request as JSON, to be edited; and as a program would send it.
import { html, useEffect, useSignal } from "../html.js";
import { origin } from "../known.js";
import { errors, jsonError, model, modelId, request, requestOf, values } from "../state/draft.js";
import { text } from "../strings.js";
import { Code } from "../ui/code.js";
import { Glyph } from "../ui/glyph.js";
import { Tabs } from "../ui/tabs.js";
import { recall, remember } from "../remembered.js";
import { LANGUAGES, sample } from "./samples.js";

export function JsonPanel() {
  const typed = useSignal(JSON.stringify(request.value, null, 2));
  const wrong = jsonError;
  useEffect(() => () => (jsonError.value = ""), []);
  const said = Object.entries(errors.value).filter(([name]) => name && name !== "retryAt");
  useEffect(() => {
    // Something else changed the request, such as another model: what is shown follows.
    if (!wrong.value && !isSame(typed.value, request.value)) typed.value = JSON.stringify(request.value, null, 2);
  }, [request.value]);

  function onInput(event) {
    typed.value = event.target.value;
    try {
      const read = JSON.parse(typed.value);
      if (read === null || typeof read !== "object" || Array.isArray(read)) throw new Error(text.create.noObject);
      values.value = read;
      errors.value = {};
      wrong.value = "";
    } catch (error) {
      wrong.value = error.message;
    }
  }

  return html`<div class=${`input json ${wrong.value ? "wrong" : ""}`}>
    <label class="label" for="json">${text.create.body(model.value.model_id)}</label>
    <textarea id="json" class="mono" rows="12" spellcheck=${false} autocapitalize="off" value=${typed.value} aria-invalid=${Boolean(wrong.value)}
      aria-describedby="json-hint" onInput=${onInput}></textarea>
    <p class="hint" id="json-hint">${text.create.jsonHint}</p>
    ${wrong.value && html`<p class="error" role="alert"><${Glyph} name="circle-alert" size=${15} />${text.create.badJson(wrong.value)}</p>`}
    ${said.map(([name, words]) => html`<p key=${name} class="error" role="alert"><${Glyph} name="circle-alert" size=${15} />${words}</p>`)}
  </div>`;
}

function isSame(typed, request) {
  try {
    return JSON.stringify(requestOf(model.value, JSON.parse(typed))) === JSON.stringify(request);
  } catch {
    return false;
  }
}

export function Samples({ id = modelId.value, body = request.value }) {
  const language = useSignal(recall("language", LANGUAGES[0][0]));
  const choose = (key) => {
    language.value = key;
    remember("language", key);
  };
  return html`<${Tabs} tabs=${LANGUAGES} chosen=${language.value} choose=${choose} label=${text.create.language} small>
    <${Code} code=${sample(language.value, origin, id, body)} label=${text.create.sampleLabel(Object.fromEntries(LANGUAGES)[language.value])} />
  <//>`;
}

export function ApiPanel() {
  return html`<p class="hint">${text.create.apiHint} <a href="/account/keys">${text.create.makeKey}</a></p><${Samples} />
    <p class="hint"><a href="/docs">${text.create.reference}</a> · <a href=${`/models/${modelId.value}/llms.txt`}>${text.create.forAgents}</a></p>`;
}
