// What views are written with: Preact, templates by htm, state by signals.
import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export const html = htm.bind(h);
export { Fragment, render } from "../vendor/preact.js";
export { useEffect, useId, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
export { batch, computed, effect, signal, untracked, useSignal, useSignalEffect } from "../vendor/signals.js";
