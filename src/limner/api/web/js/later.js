// A page whose module comes when it is first shown.
import { html, useEffect, useState } from "./html.js";
import { text } from "./strings.js";

export function later(load, name) {
  let Known = null;
  return function Later(props) {
    const [, setLoaded] = useState(false);
    const [isLost, setLost] = useState(false);
    useEffect(() => {
      if (Known) return;
      load().then((module) => {
        Known = module[name];
        setLoaded(true);
      }, () => setLost(true));
    }, []);
    if (Known) return html`<${Known} ...${props} />`;
    // The server was upgraded meanwhile, or is gone.
    if (isLost) return html`<div class="page narrow"><p>${text.connection.outdated} <a href=${location.href} onClick=${() => location.reload()}>${text.connection.reload}</a></p></div>`;
    return html`<div class="page"><div class="shimmer waiting"></div></div>`;
  };
}
