// Calls the API, as any client does: envelopes in and out. Knows whether the server can be reached.
import { signal } from "./html.js";
import { text } from "./strings.js";

const PAUSES = [500, 1000, 2000, 3000]; // milliseconds between looks for a server that is gone

export const isReachable = signal(true);
export const returns = signal(0); // how many times the server came back
const unauthorized = [];

export class ApiError extends Error {
  constructor(status, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter; // seconds
  }

  // The input that the message is about, if it names one.
  get field() {
    return /^field "(\w+)"/.exec(this.message)?.[1] ?? "";
  }
}

export class Unreachable extends Error {
  constructor() {
    super(text.connection.gone);
    this.status = 0;
    this.field = "";
  }
}

export function whenUnauthorized(listener) {
  unauthorized.push(listener);
}

// The envelope's data. Raises ApiError with the envelope's message, or Unreachable.
export async function call(method, path, body, { headers = {}, signal: abort } = {}) {
  const options = { method, headers: { ...headers }, signal: abort, credentials: "same-origin" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  let envelope;
  try {
    response = await fetch(path, options);
    envelope = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (response === undefined || response.status >= 500) suspect();
    throw new Unreachable();
  }
  if (response.ok) return envelope.data;
  if (response.status === 401 && path !== "/session") unauthorized.forEach((listener) => listener());
  throw new ApiError(response.status, envelope.message, Number(response.headers.get("Retry-After") ?? 0));
}

let looking = null;

// Something failed: looks until the server answers, and says so meanwhile if it does not at once.
export function suspect() {
  looking ??= look().finally(() => (looking = null));
}

// As soon as the server can be reached, so far as is known.
export function reached() {
  return looking ?? Promise.resolve();
}

async function look() {
  for (let n = 0; !(await answers()); n += 1) {
    isReachable.value = false;
    await pause(PAUSES[Math.min(n, PAUSES.length - 1)]);
  }
  if (!isReachable.value) {
    isReachable.value = true;
    returns.value += 1;
  }
}

async function answers() {
  try {
    return (await fetch("/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
