// Asks before something is done that cannot be undone: ``await confirm({...})`` is whether it shall be done.
import { html, signal } from "../html.js";
import { text } from "../strings.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";

const question = signal(null);

export function confirm(asked) {
  return new Promise((resolve) => (question.value = { ...asked, resolve }));
}

export function Confirmation() {
  if (!question.value) return null;
  const { title, body, action, resolve } = question.value;
  const answer = (is) => {
    question.value = null;
    resolve(is);
  };
  return html`<${Dialog} title=${title} close=${() => answer(false)}>
    <p class="muted">${body}</p>
    <div class="dialog-actions">
      <${Button} onClick=${() => answer(false)}>${text.common.keep}<//>
      <${Button} kind="danger" onClick=${() => answer(true)}>${action}<//>
    </div>
  <//>`;
}
