// A modal dialog, the browser's own: it keeps the focus, closes on Escape, and gives the focus back.
import { html, useEffect, useId, useRef } from "../html.js";
import { text } from "../strings.js";
import { GlyphButton } from "./button.js";

export function Dialog({ title, close, wide = false, class: className = "", children }) {
  const dialog = useRef(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      // The browser gives it back only if the dialog is still there when it closes.
      if (document.activeElement === document.body) before?.focus?.({ preventScroll: true });
    };
  }, []);
  const onBackdrop = (event) => event.target === dialog.current && close();
  return html`<dialog ref=${dialog} class=${`dialog ${wide ? "wide" : ""} ${className}`} aria-labelledby=${id} onMouseDown=${onBackdrop}
    onCancel=${(event) => { event.preventDefault(); close(); }}>
    <div class="dialog-body">
      <header class="dialog-head"><h2 id=${id}>${title}</h2><${GlyphButton} glyph="x" label=${text.common.close} onClick=${close} /></header>
      ${children}
    </div>
  </dialog>`;
}
