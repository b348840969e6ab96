// What one can do with a picture or a run: keep it, pass it on, make it again.
import { ApiError } from "../api.js";
import { local } from "../format.js";
import { navigate } from "../router.js";
import { setRequest } from "../state/draft.js";
import { remove, submit } from "../state/runs.js";
import { text } from "../strings.js";
import { confirm } from "../ui/confirm.js";
import { complain, copy, notify } from "../ui/notices.js";

// The pictures that were delivered, each with its number, counted from 1.
export function delivered(run) {
  return run.images.map((image, k) => ({ ...image, n: k + 1 })).filter((image) => image.url);
}

export function fileName(run, image) {
  const words = run.input.prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["picture"];
  return `${words.slice(0, 6).join("-").slice(0, 60)}-${image.seed}.${image.url.split(".").pop()}`;
}

export function copyLink(image) {
  return copy(new URL(local(image.url), location.origin).href, text.result.linkCopied);
}

export async function downloadAll(run) {
  const files = delivered(run).map(async (image) => {
    const answer = await fetch(local(image.url));
    if (!answer.ok) throw new Error(text.result.notThere);
    return { name: fileName(run, image), input: answer, lastModified: new Date(run.created_at) };
  });
  try {
    const { downloadZip } = await import("../../vendor/client-zip.js");
    save(await downloadZip(await Promise.all(files)).blob(), `limner-${run.id.slice(0, 8)}.zip`);
  } catch (error) {
    complain(error);
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Writes what made this into the form, to be changed and sent.
export function takeSettings(run) {
  setRequest(run.model, withoutBase64(run.input));
  navigate("/");
  document.getElementById("input-prompt")?.focus();
}

// One picture again, alone: with its own seed, and perhaps other words.
export function takeSeed(run, image) {
  setRequest(run.model, { ...withoutBase64(run.input), seed: image.seed, num_images: 1 });
  navigate(`/?run=${run.id}`, { keepScroll: true });
  notify(text.result.seedTaken(image.seed));
  document.getElementById("input-prompt")?.focus();
}

// The same request at once, with a seed of its own.
export async function runAgain(run) {
  const { seed: _, ...inputs } = withoutBase64(run.input);
  try {
    const next = await submit(run.model, inputs);
    if (next) navigate(`/?run=${next.id}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    complain(error);
  }
}

function withoutBase64({ enable_base64_output: _, enable_sync_mode: __, ...inputs }) {
  return inputs;
}

// Whether they are gone.
export async function removeAsked(ids) {
  const is = await confirm({ title: text.history.deleteTitle(ids.length), body: text.history.deleteBody, action: text.history.delete(ids.length) });
  if (!is) return false;
  try {
    await remove(ids);
    notify(text.history.deleted(ids.length));
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
