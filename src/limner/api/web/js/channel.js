// Pages of this origin in other tabs: what happened in one is told to the others.
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("limner") : null;
const listeners = {};

export function tell(what) {
  channel?.postMessage(what);
}

export function whenTold(what, listener) {
  (listeners[what] ??= []).push(listener);
}

channel?.addEventListener("message", (event) => {
  for (const listener of listeners[event.data] ?? []) listener();
});
