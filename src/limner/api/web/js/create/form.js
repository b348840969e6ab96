// The form: the model, its inputs as the schema has them, examples, and the button with the price.
import { ApiError } from "../api.js";
import { html, useEffect, useSignal } from "../html.js";
import { count, money } from "../format.js";
import { fieldsOf, schemaOf } from "../known.js";
import { errors, isLocked, jsonError, model, modelId, request, setValue, valueOf } from "../state/draft.js";
import { quote } from "../state/quote.js";
import { sending, submit } from "../state/runs.js";
import { account, isAsking, isSignedIn, session } from "../state/session.js";
import { examplesFor } from "../examples.js";
import { navigate } from "../router.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { Glyph } from "../ui/glyph.js";
import { Input } from "./inputs.js";
import { Picker } from "./picker.js";

const FIRST = new Set(["prompt", "aspect_ratio", "resolution", "num_images"]); // the others are folded away
const FOR_PROGRAMS = new Set(["enable_base64_output", "enable_sync_mode"]); // of no use to a page

export function Form() {
  const isOpen = useSignal(false);
  const fields = fieldsOf(model.value).filter(([name]) => !FOR_PROGRAMS.has(name));
  const required = schemaOf(model.value).required;
  const draw = ([name, field]) => html`<${Input} key=${name} name=${name} field=${field} required=${required.includes(name)} />`;
  const more = fields.filter(([name]) => !FIRST.has(name));
  const isWrong = more.some(([name]) => errors.value[name]);
  return html`
    <${Picker} />
    <div class="with-example">${fields.filter(([name]) => name === "prompt").map(draw)}<${Example} /></div>
    <div class="first-inputs">${fields.filter(([name]) => FIRST.has(name) && name !== "prompt").map(draw)}</div>
    <details class="more" open=${isOpen.value || isWrong} onToggle=${(event) => (isOpen.value = event.target.open)}>
      <summary><${Glyph} name="sliders-horizontal" size=${16} />${text.create.more}
        <span class="muted">${changes(more)}</span><${Glyph} name="chevron-down" size=${16} /></summary>
      ${more.map(draw)}
    </details>`;
}

// Which of the folded inputs are not as they would be anyway.
function changes(fields) {
  const changed = fields.filter(([name, field]) => valueOf(name) !== (field.default ?? ""));
  return changed.map(([name, field]) => text.inputs[name]?.title ?? field.title).join(", ");
}

// Writes one prompt after another into the form.
function Example() {
  const at = useSignal(0);
  const examples = examplesFor(model.value);
  function next() {
    setValue("prompt", examples[at.value % examples.length]);
    at.value += 1;
  }
  return html`<button type="button" class="link-button" disabled=${isLocked.value} onClick=${next}>${text.create.example}</button>`;
}

// Sends what is written, from whichever tab. Where something is wrong with an input, it is said there.
export async function send(event) {
  event?.preventDefault();
  if (isLocked.value) return;
  if (jsonError.value) {
    document.getElementById("json").focus();
    return;
  }
  if (!isSignedIn()) {
    isAsking.value = true;
    return;
  }
  errors.value = {};
  isLocked.value = true;
  try {
    const run = await submit(modelId.value, request.value);
    if (run) {
      navigate(`/?run=${run.id}`, { replace: true, keepScroll: true });
      requestAnimationFrame(showResult);
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const known = error.field in schemaOf(model.value).properties ? error.field : "";
    errors.value = { [known]: error.message, retryAt: error.retryAfter ? Date.now() + error.retryAfter * 1000 : 0 };
    requestAnimationFrame(() => document.getElementById(`input-${known}`)?.focus());
  } finally {
    isLocked.value = false;
  }
}

// Where form and result stand one above the other, it may be out of sight.
function showResult() {
  const stage = document.querySelector(".stage");
  if (stage?.getBoundingClientRect().top > innerHeight / 2) stage.scrollIntoView({ behavior: "smooth" });
}

export function Send() {
  const number = valueOf("num_images") || 1;
  const isSending = sending.value !== null;
  const words = !session.value ? text.create.send(1) : isSignedIn() ? text.create.send(number) : text.create.signIn;
  return html`<div class="send">
    <${Refusal} />
    <div class="send-row">
      <button type="submit" class="button primary large" disabled=${isLocked.value} aria-keyshortcuts="Control+Enter" title=${text.create.keys}>
        ${isSending ? html`<span class="spinner" aria-hidden="true"></span>` : html`<${Glyph} name="sparkles" />`}
        <span>${isSending ? text.create.sending : words}</span>
        ${quote.value !== null && html`<span class="price">${money(quote.value)}</span>`}
      </button>
      ${isSending && html`<${Button} onClick=${() => sending.value?.abort.abort()}>${text.common.cancel}<//>`}
    </div>
    ${account.value && quote.value > account.value.balance && html`<p class="hint">${text.create.tooLittle(money(account.value.balance))}</p>`}
  </div>`;
}

// What the server said of the request as a whole, and how long it asks one to wait.
function Refusal() {
  const words = errors.value[""];
  const retryAt = errors.value.retryAt ?? 0;
  const left = useSignal(0);
  useEffect(() => {
    const tick = () => (left.value = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000)));
    tick();
    if (!retryAt) return undefined;
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [retryAt]);
  if (!words) return null;
  return html`<p class="error box" role="alert"><${Glyph} name="circle-alert" size=${16} /><span>${words}
    ${left.value > 0 && html` <span class="muted">${text.create.retryIn(count(left.value))}</span>`}</span></p>`;
}
