// npm wavespeed 0.0.15: uploads under /api/v2.

const fs = require("node:fs");
const { WaveSpeed } = require("wavespeed-0.0.15");
const { MODEL, BROKEN, APPLE, FILE, toldBy, write } = require("./told.cjs");

async function main([origin, key]) {
  const client = new WaveSpeed(key, { baseUrl: `${origin}/api/v3/` });
  const apple = await client.run(MODEL, APPLE);
  const text = await client.run(MODEL, { ...APPLE, enable_base64_output: true });
  write({
    version: "0.0.15",
    pictures: (await client.getPrediction(apple.id)).outputs,
    base64: text.outputs,
    upload: await client.upload(new Blob([fs.readFileSync(FILE)]), { filename: FILE }),
    failure: (await client.run(BROKEN, APPLE)).error,
    refusal: await toldBy(() => client.run(MODEL, {})),
  });
}

main(process.argv.slice(2));
