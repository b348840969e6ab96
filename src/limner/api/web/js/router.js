// Which page is shown: the address is the state. Links are plain <a href>; those to our own pages do not load anew.
import { signal } from "./html.js";

const PAGES = /^\/($|models(\/|$)|history$|account(\/|$))/;

export const place = signal(read());

function read() {
  return { path: location.pathname, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

export function navigate(url, { replace = false, keepScroll = false } = {}) {
  const same = new URL(url, location.href).href === location.href;
  history[replace || same ? "replaceState" : "pushState"](null, "", url);
  place.value = read();
  if (!keepScroll) scrollTo(0, 0);
}

// Changes the query only; what is undefined or "" is left out.
export function setQuery(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), { replace: true, keepScroll: true });
}

function isOurs(link, event) {
  return (
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey &&
    !link.target && !link.hasAttribute("download") &&
    link.origin === location.origin && PAGES.test(link.pathname) && !link.pathname.endsWith(".txt")
  );
}

addEventListener("popstate", () => (place.value = read()));
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || !isOurs(link, event)) return;
  event.preventDefault();
  navigate(link.href);
});
