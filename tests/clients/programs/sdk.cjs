// npm wavespeed 0.3.2 and 0.2.3: the official SDK.

const { MODEL, BROKEN, APPLE, FILE, toldBy, write } = require("./told.cjs");

async function main([name, origin, key]) {
  const { Client, version } = require(name);
  const client = new Client(key, { baseUrl: origin });
  const quickly = { pollInterval: 0.2 };
  const [apple, sync, text, upload] = await Promise.all([
    client.run(MODEL, APPLE, quickly),
    client.run(MODEL, APPLE, { enableSyncMode: true }),
    client.run(MODEL, { ...APPLE, enable_base64_output: true }, quickly),
    client.upload(FILE),
  ]);
  write({
    version,
    pictures: apple.outputs,
    sync: sync.outputs,
    base64: text.outputs,
    upload,
    failure: await toldBy(() => client.run(BROKEN, APPLE, quickly)),
    refusal: await toldBy(() => client.run(MODEL, {})),
  });
}

main(process.argv.slice(2));
