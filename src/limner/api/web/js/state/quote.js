// What the request that is being written would cost, as the server quotes it.
import { call, returns } from "../api.js";
import { computed, effect, signal } from "../html.js";
import { modelId, request } from "./draft.js";
import { session } from "./session.js";

const PAUSE = 120; // milliseconds without a change before it is asked for
const FREE_TEXT = new Set(["prompt", "negative_prompt", "seed"]); // no price depends on them

export const quote = signal(null); // dollars, or null while it is not known

const asked = computed(() => {
  const inputs = Object.entries(request.value).filter(([name]) => !FREE_TEXT.has(name));
  return JSON.stringify({ model_id: modelId.value, inputs: Object.fromEntries(inputs) });
});
const known = new Map();
let timer;

effect(() => {
  const body = asked.value;
  returns.value;
  const isSignedIn = session.value?.signed_in;
  clearTimeout(timer);
  quote.value = known.get(body) ?? null;
  if (quote.value === null && isSignedIn) timer = setTimeout(() => ask(body), PAUSE);
});

async function ask(body) {
  try {
    const { price } = await call("POST", "/api/v3/model/price", JSON.parse(body));
    known.set(body, price);
    if (asked.peek() === body) quote.value = price;
  } catch {
    // Without a price: an input may be wrong, and then it is said when the request is sent.
  }
}
