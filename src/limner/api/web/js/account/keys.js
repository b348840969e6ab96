// The keys of the account: made, shown once, revoked.
import { call, returns } from "../api.js";
import { html, useEffect, useSignal } from "../html.js";
import { day } from "../format.js";
import { signOut } from "../state/session.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { Code } from "../ui/code.js";
import { confirm } from "../ui/confirm.js";
import { Dialog } from "../ui/dialog.js";
import { complain, notify } from "../ui/notices.js";

export function Keys() {
  const keys = useSignal(null);
  const made = useSignal(null);
  const name = useSignal("");
  const error = useSignal("");
  const refresh = () => call("GET", "/api/limner/keys").then(({ items }) => (keys.value = items), complain);
  useEffect(() => {
    refresh();
  }, [returns.value]);

  async function make(event) {
    event.preventDefault();
    error.value = "";
    try {
      made.value = await call("POST", "/api/limner/keys", { name: name.value.trim() });
      name.value = "";
      refresh();
    } catch (failure) {
      error.value = failure.message;
    }
  }

  async function revoke(key) {
    const body = key.is_current ? text.keys.revokeOwnBody : text.keys.revokeBody;
    if (!(await confirm({ title: text.keys.revokeTitle(nameOf(key)), body, action: text.keys.revoke }))) return;
    try {
      await call("DELETE", `/api/limner/keys/${key.id}`);
      notify(text.keys.revokedNow(nameOf(key)));
      await (key.is_current ? signOut() : refresh());
    } catch (failure) {
      complain(failure);
    }
  }

  return html`<div class="stack wide-gap">
    <section><h2>${text.keys.title}</h2><p class="muted">${text.keys.about}</p>
      <form class=${`row input ${error.value ? "wrong" : ""}`} onSubmit=${make}>
        <label class="visually-hidden" for="key-name">${text.keys.name}</label>
        <input id="key-name" value=${name.value} maxlength="100" placeholder=${text.keys.placeholder} required onInput=${(event) => (name.value = event.target.value)} />
        <button type="submit" class="button primary" disabled=${!name.value.trim()}>${text.keys.make}</button></form>
      ${error.value && html`<p class="error" role="alert">${error.value}</p>`}
    </section>
    ${keys.value === null ? html`<div class="shimmer waiting"></div>` : html`<ul class="rows">${keys.value.map((key) => html`<li key=${key.id} class=${key.revoked_at ? "row between gone" : "row between"}>
      <div><strong>${nameOf(key)}</strong> ${key.is_current && html`<span class="badge-inline">${text.keys.current}</span>`}
        <p class="muted"><span class="mono">${key.hint ? `…${key.hint}` : ""}</span> ${text.keys.madeOn(day(key.created_at))}${key.revoked_at ? `, ${text.keys.revokedOn(day(key.revoked_at))}` : ""}</p></div>
      ${!key.revoked_at && html`<${Button} small aria-label=${text.keys.revokeNamed(nameOf(key))} onClick=${() => revoke(key)}>${text.keys.revoke}<//>`}</li>`)}</ul>`}
    ${made.value && html`<${Dialog} title=${text.keys.madeTitle} close=${() => (made.value = null)}>
      <p class="muted">${text.keys.madeBody}</p><${Code} code=${made.value.key} label=${text.keys.name} />
      <div class="dialog-actions"><${Button} kind="primary" onClick=${() => (made.value = null)}>${text.keys.kept}<//></div><//>`}
  </div>`;
}

function nameOf(key) {
  return key.name || text.keys.unnamed;
}
