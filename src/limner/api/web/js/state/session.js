// Who is signed in here, by a cookie that scripts cannot read; and what the account has and may do.
import { ApiError, call, returns, whenUnauthorized } from "../api.js";
import { tell, whenTold } from "../channel.js";
import { effect, signal } from "../html.js";

const TICKET = "#ticket=";

export const session = signal(null); // null until it is known; then {signed_in, account, key}
export const account = signal(null); // balance and limits, when signed in
export const isAsking = signal(false); // the dialog for signing in is open
export const wasRefused = signal(false); // the one-time link was used already

export const isSignedIn = () => Boolean(session.value?.signed_in);

// At the start: with the one-time link that opened the page, or with the cookie that is there.
export async function begin() {
  const ticket = location.hash.startsWith(TICKET) ? location.hash.slice(TICKET.length) : "";
  if (ticket) history.replaceState(null, "", location.pathname + location.search); // nobody shall copy it
  try {
    session.value = ticket ? await call("POST", "/session", { ticket }) : await call("GET", "/session");
    if (ticket) tell("session");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    session.value = await call("GET", "/session"); // the ticket is void, but one may be signed in already
    wasRefused.value = Boolean(ticket) && !session.value.signed_in;
    isAsking.value = wasRefused.value;
  }
}

export async function signIn(key) {
  session.value = await call("POST", "/session", { key });
  isAsking.value = false;
  wasRefused.value = false;
  tell("session");
}

export async function signOut(everywhere = false) {
  session.value = await call("DELETE", everywhere ? "/session?everywhere=1" : "/session");
  tell("session");
}

// Does what needs an account, or asks to sign in first. Whether it could be done.
export function withAccount(act) {
  if (isSignedIn()) return act();
  isAsking.value = true;
  return undefined;
}

export async function refreshAccount() {
  if (!isSignedIn()) return;
  try {
    account.value = await call("GET", "/api/limner/account");
  } catch {
    // It is shown as it was; what cannot be reached says so itself.
  }
}

async function refresh() {
  try {
    session.value = await call("GET", "/session");
  } catch {
    // As it was.
  }
}

whenTold("session", refresh);
whenUnauthorized(refresh); // the key was revoked, or the session ended
effect(() => {
  returns.value; // and again when the server is back
  if (isSignedIn()) refreshAccount();
  else account.value = null;
});
