// npm @huggingface/inference 4.13.30, whose provider "wavespeed" knows one host only, and asks the hub which models it
// has: so the world that it sees through fetch() is another.

const { MODEL, BROKEN, APPLE, toldBy, write } = require("./told.cjs");

const [origin, key] = process.argv.slice(2);
const fetch = globalThis.fetch;
const HUB = "https://huggingface.co/api/models/";

globalThis.fetch = (url, options) => {
  if (url.startsWith(HUB)) {
    const providerId = url.slice(HUB.length).split("?")[0];
    const mapping = { wavespeed: { providerId, status: "live", task: "text-to-image" } };
    return Promise.resolve(Response.json({ inferenceProviderMapping: mapping }));
  }
  return fetch(url.replace("https://api.wavespeed.ai", origin), options);
};

const { InferenceClient } = require("@huggingface/inference");

async function main() {
  const client = new InferenceClient(key);
  const paint = (model, inputs, options) =>
    client.textToImage({ provider: "wavespeed", model, inputs, parameters: { seed: 7 } }, options);
  const blob = await paint(MODEL, APPLE.prompt);
  write({
    version: require("@huggingface/inference/package.json").version,
    pictures: [await paint(MODEL, APPLE.prompt, { outputType: "url" })],
    base64: [Buffer.from(await blob.arrayBuffer()).toString("base64")],
    failure: await toldBy(() => paint(BROKEN, APPLE.prompt)),
    refusal: await toldBy(() => paint(MODEL, "")),
  });
}

// Its pauses between polls do not keep the program alive.
const alive = setInterval(() => {}, 1000);
main().finally(() => clearInterval(alive));
