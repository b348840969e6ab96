// Where a picture comes from: the server reads the manifest in its file, and says what that is worth.
import { html, useEffect, useSignal } from "../html.js";
import { call } from "../api.js";
import { dateTime, local } from "../format.js";
import { text } from "../strings.js";
import { Dialog } from "../ui/dialog.js";
import { Glyph } from "../ui/glyph.js";

const GLYPHS = { trusted: "check", untrusted: "info", unsigned: "info" };

export function Origin({ image, close }) {
  const found = useSignal(null);
  const wrong = useSignal("");
  useEffect(() => {
    const asked = new AbortController();
    call("POST", "/api/v3/provenance/verify", { url: local(image.url) }, { signal: asked.signal })
      .then((told) => (found.value = told))
      .catch((error) => asked.signal.aborted || (wrong.value = error.message));
    return () => asked.abort();
  }, [image.url]);
  return html`<${Dialog} title=${text.origin.title} close=${close}>
    <div aria-live="polite">
      ${wrong.value && html`<p class="error"><${Glyph} name="circle-alert" size=${15} />${wrong.value}</p>`}
      ${!found.value && !wrong.value && html`<p class="muted">${text.origin.looking}</p>`}
      ${found.value && html`<${Told} found=${found.value} />`}
    </div>
  <//>`;
}

function Told({ found }) {
  const facts = [
    [text.facts.madeBy, `${found.engine} ${found.weights}`.trim()],
    [text.facts.when, found.made_at && html`<time datetime=${found.made_at}>${dateTime(found.made_at)}</time>`],
    [text.origin.kind, found.generated && text.origin.generated],
    [text.origin.signer, found.signer],
    [text.origin.software, found.software],
    [text.origin.prediction, found.prediction_id && html`<span class="mono">${found.prediction_id}</span>`],
    [text.origin.problems, found.problems.join(", ")],
  ];
  return html`<p class=${`standing ${found.status}`}><${Glyph} name=${GLYPHS[found.status] ?? "triangle-alert"} /> ${text.origin.standings[found.status]}</p>
    <dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <p class="hint">${text.origin.hint}</p>`;
}
