// What the account can spend, what its level allows, and the way out.
import { html } from "../html.js";
import { count, money } from "../format.js";
import { account, session, signOut } from "../state/session.js";
import { text } from "../strings.js";
import { Button } from "../ui/button.js";
import { confirm } from "../ui/confirm.js";
import { complain } from "../ui/notices.js";

export function Overview() {
  const one = account.value;
  if (!one) return html`<div class="shimmer waiting"></div>`;
  const { limits } = one;
  const used = limits.images_per_minute - limits.remaining_images;
  return html`<div class="stack wide-gap">
    <div class="figures">
      <${Figure} name=${text.account.balance} value=${money(one.balance)} note=${one.held > 0 ? text.account.held(money(one.held)) : text.account.nothingHeld} />
      <${Figure} name=${text.account.level} value=${text.account.levels[one.level] ?? one.level} note=${one.name} />
      <${Figure} name=${text.account.kept} value=${text.account.days(one.retention_days)} note=${text.account.keptNote} />
    </div>
    <section><h2>${text.account.limits}</h2>
      <${Meter} name=${text.account.perMinute} used=${used} limit=${limits.images_per_minute} note=${used > 0 ? text.account.resets(limits.reset_seconds) : ""} />
      <${Meter} name=${text.account.atOnce} used=${one.active_predictions} limit=${limits.concurrent_predictions} />
      <${Meter} name=${text.account.queued} used=${one.live_predictions} limit=${limits.queued_predictions} />
    </section>
    <section><h2>${text.account.allLevels}</h2><div class="table-wrap" tabindex="0" role="region" aria-label=${text.account.allLevels}><table class="figures-table">
      <thead><tr><th scope="col">${text.account.level}</th><th scope="col">${text.account.perMinute}</th><th scope="col">${text.account.atOnce}</th></tr></thead>
      <tbody>${one.levels.map((level) => html`<tr key=${level.level} class=${level.level === one.level ? "own" : ""}>
        <th scope="row">${text.account.levels[level.level] ?? level.level}${level.level === one.level ? html` <span class="badge-inline">${text.account.yours}</span>` : ""}</th>
        <td>${count(level.images_per_minute)}</td><td>${count(level.concurrent_predictions)}</td></tr>`)}</tbody></table></div>
      <p class="hint">${text.account.levelHint}</p></section>
    <section><h2>${text.account.session}</h2><p class="muted">${text.account.signedInWith(session.value.key)}</p>
      <div class="actions"><${Button} glyph="log-out" onClick=${() => signOut().catch(complain)}>${text.signIn.out}<//>
        <${Button} onClick=${outEverywhere}>${text.account.outEverywhere}<//></div></section>
  </div>`;
}

function Figure({ name, value, note }) {
  return html`<div class="figure-card"><p class="muted">${name}</p><p class="figure big">${value}</p><p class="hint">${note}</p></div>`;
}

function Meter({ name, used, limit, note = "" }) {
  return html`<div class="meter"><p><span>${name}</span><span class="figure">${text.account.of(count(used), count(limit))}</span></p>
    <meter min="0" max=${limit} value=${used} high=${limit * 0.9} aria-label=${name}></meter>${note && html`<p class="hint">${note}</p>`}</div>`;
}

async function outEverywhere() {
  const is = await confirm({ title: text.account.outEverywhere, body: text.account.outEverywhereBody, action: text.account.outEverywhere });
  if (is) signOut(true).catch(complain);
}
