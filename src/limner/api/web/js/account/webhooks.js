// Webhooks: the secret they are signed with, a test event, the log of deliveries with redelivery.
import { call, returns } from "../api.js";
import { html, useEffect, useSignal } from "../html.js";
import { dateTime } from "../format.js";
import { text } from "../strings.js";
import { Button, GlyphButton } from "../ui/button.js";
import { confirm } from "../ui/confirm.js";
import { Glyph } from "../ui/glyph.js";
import { complain, copy, notify } from "../ui/notices.js";
import { Deliveries } from "./deliveries.js";

export function Webhooks() {
  const changed = useSignal(0); // something was sent: the log is asked for anew
  return html`<div class="stack wide-gap">
    <p class="muted lead">${text.webhooks.about}</p>
    <${Secret} /><${Test} sent=${() => (changed.value += 1)} /><${Deliveries} changed=${changed} />
  </div>`;
}

function Secret() {
  const secret = useSignal(null);
  const isShown = useSignal(false);
  useEffect(() => {
    call("GET", "/api/v3/webhook/secret").then((found) => (secret.value = found), complain);
  }, [returns.value]);

  async function rotate() {
    if (!(await confirm({ title: text.webhooks.rotateTitle, body: text.webhooks.rotateBody, action: text.webhooks.rotate }))) return;
    try {
      secret.value = await call("POST", "/api/v3/webhook/secret/rotate");
      notify(text.webhooks.rotated);
    } catch (error) {
      complain(error);
    }
  }

  if (!secret.value) return html`<div class="shimmer waiting"></div>`;
  const { secret: words, previous_valid_until: until } = secret.value;
  return html`<section><h2>${text.webhooks.secret}</h2>
    <div class="row secret"><code class="mono secret-words">${isShown.value ? words : "•".repeat(24)}</code>
      <${Button} small onClick=${() => (isShown.value = !isShown.value)} aria-pressed=${isShown.value}>${isShown.value ? text.webhooks.hide : text.webhooks.reveal}<//>
      <${GlyphButton} glyph="copy" label=${text.webhooks.copySecret} onClick=${() => copy(words)} />
      <${Button} small glyph="refresh-cw" onClick=${rotate}>${text.webhooks.rotate}<//></div>
    ${until && html`<p class="hint">${text.webhooks.formerUntil(dateTime(until))}</p>`}</section>`;
}

function Test({ sent }) {
  const url = useSignal("");
  const error = useSignal("");
  async function send(event) {
    event.preventDefault();
    error.value = "";
    try {
      await call("POST", "/api/v3/webhook/test", { url: url.value.trim() });
      notify(text.webhooks.testSent);
      sent();
    } catch (failure) {
      error.value = failure.message;
    }
  }
  return html`<section><h2>${text.webhooks.test}</h2>
    <form class=${`input ${error.value ? "wrong" : ""}`} onSubmit=${send}><label class="label" for="test-url">${text.webhooks.url}</label>
      <div class="row"><input id="test-url" type="url" value=${url.value} placeholder="https://example.com/hook" aria-invalid=${Boolean(error.value)} onInput=${(event) => (url.value = event.target.value)} />
        <button type="submit" class="button quiet" disabled=${!url.value.trim()}><${Glyph} name="send" size=${16} /><span>${text.webhooks.send}</span></button></div>
      ${error.value && html`<p class="error" role="alert"><${Glyph} name="circle-alert" size=${15} />${error.value}</p>`}</form></section>`;
}
