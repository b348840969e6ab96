// The dialog where one signs in with a key; the server keeps it in a cookie that scripts cannot read.
import { html, useSignal } from "./html.js";
import { isAsking, signIn, wasRefused } from "./state/session.js";
import { text } from "./strings.js";
import { Dialog } from "./ui/dialog.js";
import { Glyph } from "./ui/glyph.js";

export function SignIn() {
  const key = useSignal("");
  const error = useSignal("");
  const isSending = useSignal(false);
  const close = () => {
    isAsking.value = false;
    wasRefused.value = false;
  };

  async function send(event) {
    event.preventDefault();
    isSending.value = true;
    error.value = "";
    try {
      await signIn(key.value.trim());
    } catch (failure) {
      error.value = failure.message;
      document.getElementById("key")?.focus();
    }
    isSending.value = false;
  }

  return html`<${Dialog} title=${text.signIn.title} close=${close}>
    <form onSubmit=${send} class="stack">
      ${wasRefused.value && html`<p class="box notice-box" role="alert"><${Glyph} name="info" size=${16} />${text.signIn.ticketVoid}</p>`}
      <div class=${`input ${error.value ? "wrong" : ""}`}>
        <label class="label" for="key">${text.signIn.key}</label>
        <input id="key" type="password" class="mono" autocomplete="current-password" required autofocus value=${key.value} placeholder="wsk_…"
          aria-invalid=${Boolean(error.value)} aria-describedby="key-hint" onInput=${(event) => (key.value = event.target.value)} />
        <p class="hint" id="key-hint">${text.signIn.hint}</p>
        ${error.value && html`<p class="error" role="alert"><${Glyph} name="circle-alert" size=${15} />${error.value}</p>`}
      </div>
      <div class="dialog-actions"><button type="submit" class="button primary" disabled=${isSending.value || !key.value.trim()}>${text.signIn.action}</button></div>
    </form>
  <//>`;
}
