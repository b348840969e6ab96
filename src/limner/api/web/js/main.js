// Starts the pages.
import { begin as beginRuns } from "./state/runs.js";
import { begin as beginSession } from "./state/session.js";
import { App } from "./app.js";
import { html, render } from "./html.js";

render(html`<${App} />`, document.getElementById("app"));
beginRuns();
beginSession().catch(() => {
  // The server cannot be reached: the page says so, and asks again when it is back.
});
