// A piece of code with a button that copies it.
import { html, useEffect, useState } from "../html.js";
import { text } from "../strings.js";
import { GlyphButton } from "./button.js";
import { copy } from "./notices.js";

const SHOWS = 1500; // milliseconds that the tick stays

export function Code({ code, label }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const onCopy = () => copy(code, text.common.copied).then(() => setCopied(true));
  return html`<div class="code">
    <${GlyphButton} glyph=${isCopied ? "check" : "copy"} label=${text.common.copyCode} onClick=${onCopy} />
    <pre tabindex="0" aria-label=${label}><code>${code}</code></pre>
  </div>`;
}
