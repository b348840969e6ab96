// The request that is being written: a model and its inputs. Kept in this browser until it is sent and after.
import { findModel, models, schemaOf } from "../known.js";
import { batch, computed, effect, signal } from "../html.js";
import { recall, remember } from "../remembered.js";
import { session } from "./session.js";

const kept = recall("draft", {});
const everyField = new Set(models.flatMap((model) => Object.keys(schemaOf(model).properties)));

export const modelId = signal(findModel(kept.model) ? kept.model : models[0].model_id);
export const values = signal(kept.values ?? {}); // by name; of all models, so that nothing is lost between them
export const errors = signal({}); // what the server said of an input, by its name; "" is the whole request
export const jsonError = signal(""); // what is wrong with the JSON that is being typed
export const isLocked = signal(false); // while it is being sent

export const model = computed(() => findModel(modelId.value));
export const request = computed(() => requestOf(model.value, values.value));

// What is sent: the inputs that the model takes and that are not as they would be anyway; unknown ones as typed.
export function requestOf(model, values) {
  const { properties } = schemaOf(model);
  const sent = Object.entries(values).filter(([name, value]) => {
    if (!(name in properties)) return !everyField.has(name);
    return value !== "" && value !== undefined && value !== properties[name].default;
  });
  return { prompt: "", ...Object.fromEntries(sent) };
}

export function valueOf(name) {
  return values.value[name] ?? schemaOf(model.value).properties[name]?.default ?? "";
}

export function setValue(name, value) {
  batch(() => {
    values.value = { ...values.value, [name]: value };
    if (errors.value[name] || errors.value[""]) {
      const { [name]: _, "": __, ...others } = errors.value;
      errors.value = others;
    }
  });
}

export function setModel(id) {
  batch(() => {
    modelId.value = id;
    errors.value = {};
  });
}

// Another request in place of this one, such as one that was made before.
export function setRequest(id, inputs) {
  batch(() => {
    if (findModel(id)) modelId.value = id;
    values.value = { ...inputs };
    errors.value = {};
  });
}

let timer;
effect(() => {
  const draft = { model: modelId.value, values: values.value };
  clearTimeout(timer);
  timer = setTimeout(() => remember("draft", draft), 200);
});

// Whoever signs in here next need not read it.
let wasSignedIn = false;
effect(() => {
  const isSignedIn = Boolean(session.value?.signed_in);
  if (wasSignedIn && !isSignedIn) setRequest(modelId.peek(), {});
  wasSignedIn = isSignedIn;
});
addEventListener("pagehide", () => remember("draft", { model: modelId.value, values: values.value }));
