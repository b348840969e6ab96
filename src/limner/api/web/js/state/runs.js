// The predictions of this account as they come into being. The server is the truth: what is unfinished is found
// there, so a reload or a second tab goes on where the first one was.
import { ApiError, call, isReachable, pause, reached, returns, suspect, Unreachable } from "../api.js";
import { tell, whenTold } from "../channel.js";
import { batch, computed, effect, signal } from "../html.js";
import { refreshAccount, session } from "./session.js";

const RECENT = 24;
const POLL = 2000; // milliseconds between looks at what runs beside the one that is streamed
const RETRY = 1000; // milliseconds before a submit is sent again that got no answer
const UNFINISHED = new Set(["created", "processing"]);

export const runs = signal(new Map()); // by id
export const recent = signal([]); // ids, newest first
export const isLoaded = signal(false);
export const selectedId = signal("");
export const sending = signal(null); // {model, inputs, abort} while a submit is on its way

export const selected = computed(() => runs.value.get(selectedId.value) ?? null);
export const isUnfinished = (run) => UNFINISHED.has(run.status);
const unfinished = computed(() => recent.value.filter((id) => runs.value.has(id) && isUnfinished(runs.value.get(id))));
// A browser has few connections to a server, for all tabs together: each tab streams one prediction and polls the rest.
const streamed = computed(() => {
  const ids = unfinished.value;
  return ids.includes(selectedId.value) ? selectedId.value : (ids.at(-1) ?? "");
});
const hasOthers = computed(() => unfinished.value.length > 1);

// Whoever is first to see that one has ended, a stream, a poll or an answer, has the balance looked at anew.
export function put(run) {
  const former = runs.value.get(run.id);
  if (former && isUnfinished(former) && !isUnfinished(run)) refreshAccount();
  batch(() => {
    const preview = run.preview || former?.preview || "";
    runs.value = new Map(runs.value).set(run.id, { ...former, ...run, preview });
    if (!recent.value.includes(run.id)) recent.value = sorted([...recent.value, run.id]);
  });
}

function sorted(ids) {
  return ids.sort((a, b) => (runs.value.get(a).created_at < runs.value.get(b).created_at ? 1 : -1));
}

export function drop(ids) {
  const gone = new Set(ids);
  batch(() => {
    runs.value = new Map([...runs.value].filter(([id]) => !gone.has(id)));
    recent.value = recent.value.filter((id) => !gone.has(id));
    if (gone.has(selectedId.value)) selectedId.value = "";
  });
}

export async function refresh() {
  if (!session.value?.signed_in) return;
  const before = recent.peek();
  try {
    const { items } = await call("POST", "/api/v3/predictions", { page_size: RECENT });
    batch(() => {
      const listed = new Set(items.map((run) => run.id));
      const oldest = items.at(-1)?.created_at ?? "";
      drop(before.filter((id) => !listed.has(id) && runs.value.get(id)?.created_at >= oldest));
      items.forEach(put);
      isLoaded.value = true;
    });
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Unreachable)) throw error;
  }
}

// One that may be older than the recent ones. Raises ApiError.
export async function load(id) {
  put(await call("GET", `/api/v3/predictions/${id}`));
}

// Sends a request; when the answer is lost it is sent again under the same key, so that it is made and paid for once.
// Returns the prediction, or null when it was given up. Raises ApiError.
export async function submit(model, inputs) {
  const abort = new AbortController();
  const headers = { "Idempotency-Key": newKey() };
  sending.value = { model, inputs, abort };
  try {
    for (;;) {
      try {
        const run = await call("POST", `/api/v3/${model}`, inputs, { headers, signal: abort.signal });
        put(run);
        tell("runs");
        refreshAccount();
        return run;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await Promise.race([pause(RETRY).then(reached), aborted(abort.signal)]);
      }
    }
  } catch (error) {
    if (error.name === "AbortError") return null;
    throw error;
  } finally {
    sending.value = null;
  }
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function aborted(abort) {
  return new Promise((_, reject) => {
    const giveUp = () => reject(new DOMException("given up", "AbortError"));
    if (abort.aborted) giveUp();
    abort.addEventListener("abort", giveUp);
  });
}

export async function cancel(id) {
  put(await call("POST", `/api/v3/predictions/${id}/cancel?wait=2`));
  tell("runs");
}

export async function remove(ids) {
  await call("POST", "/api/v3/predictions/delete", { ids });
  drop(ids);
  tell("runs");
}

// The stream of one prediction, as long as it is unfinished and somebody may be looking.
let source = null;
let sourceId = "";

function stream(id) {
  if (sourceId === id) return;
  source?.close();
  source = null;
  sourceId = id;
  if (!id) return;
  source = new EventSource(`/api/v3/predictions/${id}/events`);
  for (const name of ["created", "processing"]) source.addEventListener(name, (event) => put(JSON.parse(event.data)));
  for (const name of ["completed", "failed"]) source.addEventListener(name, (event) => end(id, JSON.parse(event.data)));
  source.addEventListener("deleted", () => drop([id]));
  source.addEventListener("error", () => lost(id));
}

function end(id, run) {
  if (sourceId === id) {
    source.close();
    sourceId = "";
  }
  put(run);
  tell("runs");
}

// The browser comes back to a stream by itself, unless the server refused: then it is asked what there is.
async function lost(id) {
  if (sourceId !== id) return;
  suspect();
  if (source.readyState !== EventSource.CLOSED) return;
  sourceId = "";
  await reached();
  try {
    await load(id);
  } catch (error) {
    if (error.status === 404) drop([id]);
  }
}

const isVisible = signal(document.visibilityState === "visible");
document.addEventListener("visibilitychange", () => (isVisible.value = document.visibilityState === "visible"));

export function begin() {
  effect(() => stream(isVisible.value && session.value?.signed_in ? streamed.value : ""));
  effect(() => {
    if (!isVisible.value || !isReachable.value || !hasOthers.value) return undefined;
    const timer = setInterval(refresh, POLL);
    return () => clearInterval(timer);
  });
  effect(() => {
    returns.value;
    if (session.value?.signed_in && isVisible.value) refresh();
    else if (session.value && !session.value.signed_in) forgetAll();
  });
  whenTold("runs", refresh);
}

function forgetAll() {
  batch(() => {
    runs.value = new Map();
    recent.value = [];
    selectedId.value = "";
    isLoaded.value = false;
  });
}
