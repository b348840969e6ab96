// Tabs as the ARIA pattern has them: one stop for the Tab key, arrows move between them.
import { html, useId, useRef } from "../html.js";

const MOVES = { ArrowRight: 1, ArrowLeft: -1 };

// ``tabs`` is [[key, label], …]; ``children`` is what the chosen one shows.
export function Tabs({ tabs, chosen, choose, label, small = false, children }) {
  const id = useId();
  const list = useRef(null);
  const at = tabs.findIndex(([key]) => key === chosen);

  function move(event) {
    const to = { Home: 0, End: tabs.length - 1 }[event.key] ?? (event.key in MOVES ? at + MOVES[event.key] : null);
    if (to === null) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    choose(tabs[next][0]);
    list.current.children[next].focus();
  }

  return html`
    <div class=${small ? "tabs small" : "tabs"} role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${tabs.map(([key, name]) => html`<button key=${key} type="button" role="tab" id=${`${id}-${key}`} aria-selected=${String(key === chosen)}
        aria-controls=${`${id}-panel`} tabindex=${key === chosen ? 0 : -1} onClick=${() => choose(key)}>${name}</button>`)}
    </div>
    <div class="tab-panel" role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${chosen}`}>${children}</div>`;
}
