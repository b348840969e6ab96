// The head of every page: where one can go, what is left to spend, who one is, light or dark.
import { html, useSignal } from "./html.js";
import { money } from "./format.js";
import { recall, remember } from "./remembered.js";
import { account, isAsking, session, signOut } from "./state/session.js";
import { text } from "./strings.js";
import { Button, GlyphButton } from "./ui/button.js";
import { complain } from "./ui/notices.js";
import { Glyph } from "./ui/glyph.js";

const PLACES = [["/", "create", "sparkles"], ["/models", "models", "images"], ["/history", "history", "clock"]];
const THEMES = { system: "monitor", light: "sun", dark: "moon" };

export function Head({ path }) {
  return html`<header class="head">
    <a class="wordmark" href="/" aria-label=${text.nav.home}>Limner</a>
    <nav aria-label=${text.nav.main}>${PLACES.map(([url, name, glyph]) => html`<a key=${url} href=${url}
      aria-current=${isAt(path, url) ? "page" : undefined}><${Glyph} name=${glyph} size=${17} /><span>${text.nav[name]}</span></a>`)}</nav>
    <div class="head-end"><${Theme} /><${Who} path=${path} /></div>
  </header>`;
}

function isAt(path, url) {
  return url === "/" ? path === "/" : path.startsWith(url);
}

function Who({ path }) {
  if (!session.value) return html`<span class="who-waits"></span>`;
  if (!session.value.signed_in) return html`<${Button} kind="primary" small glyph="log-in" onClick=${() => (isAsking.value = true)}>${text.signIn.action}<//>`;
  return html`
    <a class="who" href="/account" aria-current=${isAt(path, "/account") ? "page" : undefined} title=${text.nav.account}>
      <${Glyph} name="user-round" size=${17} /><span class="who-name">${session.value.account.name}</span>
      ${account.value && html`<span class="who-balance" aria-label=${text.account.balanceIs(money(account.value.balance))}>${money(account.value.balance)}</span>`}</a>
    <${GlyphButton} glyph="log-out" label=${text.signIn.out} onClick=${() => signOut().catch(complain)} />`;
}

function Theme() {
  const theme = useSignal(recall("theme", "system"));
  const names = Object.keys(THEMES);
  function turn() {
    theme.value = names[(names.indexOf(theme.value) + 1) % names.length];
    remember("theme", theme.value);
    document.documentElement.dataset.theme = theme.value;
  }
  return html`<${GlyphButton} glyph=${THEMES[theme.value]} label=${text.themes[theme.value]} onClick=${turn} />`;
}
