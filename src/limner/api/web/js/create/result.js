// A run that is over: its pictures with what one can do with each, what made them, warnings; or why there are none.
import { html, useSignal } from "../html.js";
import { ago, bytes, dateTime, day, local, money, seconds } from "../format.js";
import { text } from "../strings.js";
import { Button, GlyphButton, GlyphLink } from "../ui/button.js";
import { Glyph } from "../ui/glyph.js";
import { copyLink, delivered, downloadAll, fileName, removeAsked, runAgain, takeSeed, takeSettings } from "./actions.js";
import { Origin } from "./origin.js";
import { Zoom } from "./zoom.js";

export function Result({ run, close = () => {} }) {
  const zoomed = useSignal(0);
  const images = delivered(run);
  const leave = (act) => () => {
    close();
    act();
  };
  return html`<article class="run over">
    ${run.status === "failed" ? html`<${Failure} run=${run} />` : html`<div class=${`pictures count-${Math.min(run.images.length, 4)}`}>
      ${run.images.map((image, k) => (image.url
        ? html`<${Picture} key=${k} run=${run} image=${{ ...image, n: k + 1 }} zoom=${() => (zoomed.value = k + 1)} leave=${leave} />`
        : html`<${KeptBack} key=${k} image=${image} />`))}
    </div>`}
    <p class="prompt">${run.input.prompt}</p>
    ${run.warnings.length > 0 && html`<ul class="warnings">${run.warnings.map((words) => html`<li key=${words}>
      <${Glyph} name="triangle-alert" size=${15} />${words}</li>`)}</ul>`}
    <${Facts} run=${run} />
    <div class="actions">
      ${images.length > 1 && html`<${Button} small glyph="file-archive" onClick=${() => downloadAll(run)}>${text.result.downloadAll}<//>`}
      <${Button} small glyph="sliders-horizontal" onClick=${leave(() => takeSettings(run))}>${text.result.useSettings}<//>
      <${Button} small glyph="repeat" onClick=${leave(() => runAgain(run))}>${text.result.again(money(run.price))}<//>
      <${Button} small glyph="trash" onClick=${async () => (await removeAsked([run.id])) && close()}>${text.common.delete}<//>
    </div>
    ${zoomed.value > 0 && html`<${Zoom} run=${run} n=${zoomed.value} show=${(n) => (zoomed.value = n)} />`}
  </article>`;
}

function Picture({ run, image, zoom, leave }) {
  const name = text.result.picture(image.n, run.images.length, run.input.prompt);
  const source = local(image.url);
  const isAsked = useSignal(false);
  return html`<figure class="picture" style=${{ "--ratio": image.width / image.height }}>
    <button type="button" class="picture-button" onClick=${zoom} aria-label=${text.result.zoom(name)}>
      <img src=${source} alt="" width=${image.width} height=${image.height} decoding="async" />
    </button>
    <figcaption>
      <span class="seed">${text.result.seed} <span class="mono">${image.seed}</span></span>
      <span class="picture-actions">
        <${GlyphButton} glyph="repeat" label=${text.result.useSeed(image.seed)} onClick=${leave(() => takeSeed(run, image))} />
        <${GlyphButton} glyph="info" label=${text.origin.show(image.n)} onClick=${() => (isAsked.value = true)} />
        <${GlyphButton} glyph="link" label=${text.result.copyLink} onClick=${() => copyLink(image)} />
        <${GlyphLink} glyph="download" label=${text.result.download} href=${source} download=${fileName(run, image)} />
      </span>
    </figcaption>
    ${isAsked.value && html`<${Origin} image=${image} close=${() => (isAsked.value = false)} />`}
  </figure>`;
}

function KeptBack({ image }) {
  return html`<div class="kept-back" style=${{ aspectRatio: `${image.width} / ${image.height}` }}>
    <${Glyph} name="circle-alert" size=${22} /><p>${text.result.keptBack(image.filtered_reason)}</p></div>`;
}

function Failure({ run }) {
  const title = run.cancelled ? text.result.cancelled : run.code === 1200 ? text.result.filtered : text.result.failed;
  return html`<div class=${`failure ${run.cancelled ? "calm" : ""}`} role=${run.cancelled ? undefined : "alert"}>
    <${Glyph} name=${run.cancelled ? "circle-stop" : "circle-alert"} size=${24} />
    <div><h3>${title}</h3>
    ${!run.cancelled && html`<p>${run.error}</p>`}
    ${run.filtered_reason && html`<p class="muted">${text.result.category(run.filtered_reason)}</p>`}
    <p class="muted">${text.result.free}</p></div>
  </div>`;
}

function Facts({ run }) {
  const image = delivered(run)[0];
  const facts = [
    [text.facts.model, html`<a href=${`/models/${run.model}`}>${run.model}</a>`],
    run.made_by && [text.facts.madeBy, `${run.engine} ${run.weights}`],
    image && [text.facts.size, `${image.width} × ${image.height}, ${bytes(image.bytes)}`],
    run.executionTime > 0 && [text.facts.time, seconds(run.executionTime)],
    run.status === "completed" && [text.facts.cost, money(run.charged)],
    [text.facts.when, html`<time datetime=${run.created_at} title=${dateTime(run.created_at)}>${ago(run.created_at)}</time>`],
    run.status === "completed" && [text.facts.until, day(run.expires_at)],
  ];
  return html`<dl class="facts">${facts.filter(Boolean).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
