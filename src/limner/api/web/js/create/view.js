// The first page: write a request on one side, see the picture come on the other.
import { html, useEffect, useSignal } from "../html.js";
import { place } from "../router.js";
import { findModel } from "../known.js";
import { isLocked, setModel } from "../state/draft.js";
import { text } from "../strings.js";
import { Tabs } from "../ui/tabs.js";
import { Form, Send, send } from "./form.js";
import { ApiPanel, JsonPanel } from "./panels.js";
import { Stage } from "./stage.js";

const TABS = Object.entries(text.create.tabs);

export function Create() {
  const tab = useSignal("form");
  const { run = "", model } = place.value.query;
  useEffect(() => {
    if (findModel(model)) setModel(model);
  }, [model]);
  useEffect(() => {
    // Whatever has the focus: a click on an example leaves none on the form.
    const onKey = (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      send();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const panel = { form: Form, json: JsonPanel, api: ApiPanel }[tab.value];
  return html`<div class="create">
    <h1 class="visually-hidden">${text.create.title}</h1>
    <form class="panel" onSubmit=${send} novalidate aria-busy=${isLocked.value}>
      <${Tabs} tabs=${TABS} chosen=${tab.value} choose=${(key) => (tab.value = key)} label=${text.create.tabsLabel}><${panel} /><//>
      <${Send} />
    </form>
    <${Stage} wanted=${run} />
  </div>`;
}
