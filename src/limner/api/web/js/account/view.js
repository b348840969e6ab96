// The account: what is left, what was used, the keys, the webhooks.
import { html, useEffect } from "../html.js";
import { isAsking, refreshAccount, session } from "../state/session.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { Keys } from "./keys.js";
import { Overview } from "./overview.js";
import { Usage } from "./usage.js";
import { Webhooks } from "./webhooks.js";

const SECTIONS = { overview: Overview, usage: Usage, keys: Keys, webhooks: Webhooks };

export function Account({ section }) {
  const name = section || "overview";
  const Section = SECTIONS[name];
  useEffect(() => {
    refreshAccount();
  }, [name]);
  return html`<div class="page account">
    <header class="page-head"><h1 class="display">${text.account.title}</h1></header>
    <nav class="sections" aria-label=${text.account.title}>${Object.entries(text.account.sections).map(([key, words]) => html`<a key=${key}
      href=${key === "overview" ? "/account" : `/account/${key}`} aria-current=${key === name ? "page" : undefined}>${words}</a>`)}</nav>
    ${session.value?.signed_in ? html`<${Section} />` : session.value && html`<div class="nothing"><p>${text.account.signedOut}</p>
      <${Button} kind="primary" onClick=${() => (isAsking.value = true)}>${text.signIn.action}<//></div>`}
  </div>`;
}
