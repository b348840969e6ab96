// The frame around every page: the head with where one can go, what is wrong with the server, notices, dialogs.
import { isReachable } from "./api.js";
import { html, useEffect, useRef } from "./html.js";
import { place } from "./router.js";
import { isAsking } from "./state/session.js";
import { text } from "./strings.js";
import { Confirmation } from "./ui/confirm.js";
import { Glyph } from "./ui/glyph.js";
import { Notices } from "./ui/notices.js";
import { Create } from "./create/view.js";
import { Head } from "./head.js";
import { later } from "./later.js";
import { SignIn } from "./signin.js";

const Models = later(() => import("./models/list.js"), "Models");
const ModelPage = later(() => import("./models/page.js"), "ModelPage");
const History = later(() => import("./history/view.js"), "History");
const Account = later(() => import("./account/view.js"), "Account");
const SECTIONS = new Set(["", "usage", "keys", "webhooks"]);

// [title, page] of an address.
function pageOf(path) {
  if (path === "/") return [text.nav.create, html`<${Create} />`];
  if (path === "/models") return [text.nav.models, html`<${Models} />`];
  if (path.startsWith("/models/")) return [path.slice(8), html`<${ModelPage} id=${path.slice(8)} />`];
  if (path === "/history") return [text.nav.history, html`<${History} />`];
  const section = path.replace(/^\/account\/?/, "");
  if (path.startsWith("/account") && SECTIONS.has(section)) return [text.account.sections[section || "overview"], html`<${Account} section=${section} />`];
  return [text.notFound.title, html`<div class="page narrow"><h1>${text.notFound.title}</h1><p><a href="/">${text.notFound.back}</a></p></div>`];
}

export function App() {
  const main = useRef(null);
  const first = useRef(true);
  const { path } = place.value;
  const [title, page] = pageOf(path);
  useEffect(() => {
    document.title = path === "/" ? "Limner" : `${title} · Limner`;
    if (!first.current) main.current.focus({ preventScroll: true }); // so that a screen reader begins at the new page
    first.current = false;
  }, [path]);
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); main.current.focus(); }}>${text.nav.skip}</a>
    <${Head} path=${path} />
    ${!isReachable.value && html`<p class="banner" role="alert"><${Glyph} name="unplug" size=${16} />${text.connection.gone}</p>`}
    <main id="main" tabindex="-1" ref=${main}>${page}</main>
    ${isAsking.value && html`<${SignIn} />`}
    <${Confirmation} />
    <${Notices} />`;
}
