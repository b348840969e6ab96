// The history as far as it was scrolled: kept between visits of the page, so that one comes back to where one was.
import { call, Unreachable } from "../api.js";
import { batch, signal } from "../html.js";

const PAGE_SIZE = 40;
const PERIODS = { today: 1, week: 7, month: 30 }; // days

export const items = signal([]);
export const next = signal(null); // the cursor of what comes after; "" at the end, null before the beginning
export const isLoading = signal(false);
export const problem = signal("");
let filters = {};
let asking = 0; // the number of the latest question: answers to former ones come too late

export function show(wanted) {
  if (next.value !== null && JSON.stringify(wanted) === JSON.stringify(filters)) return;
  filters = wanted;
  reload();
}

export function reload() {
  batch(() => {
    items.value = [];
    next.value = null;
  });
  more();
}

export async function more() {
  if (next.value === "" || (isLoading.value && next.value !== null)) return;
  const mine = (asking += 1);
  isLoading.value = true;
  try {
    const page = await call("GET", `/api/limner/predictions?${query()}`);
    if (mine !== asking) return;
    const known = new Set(items.value.map((run) => run.id));
    batch(() => {
      items.value = [...items.value, ...page.items.filter((run) => !known.has(run.id))];
      next.value = page.next;
      problem.value = "";
    });
  } catch (error) {
    if (mine === asking) problem.value = error instanceof Unreachable ? "" : error.message;
  }
  if (mine === asking) isLoading.value = false;
}

function query() {
  const { search, model, status, period } = filters;
  const since = period in PERIODS ? new Date(Date.now() - PERIODS[period] * 86_400_000).toISOString() : "";
  const wanted = { search, model, status, created_after: since, before: next.value ?? "", page_size: PAGE_SIZE };
  return new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)).toString();
}

export function without(ids) {
  const gone = new Set(ids);
  items.value = items.value.filter((run) => !gone.has(run.id));
}

