// What the programs have in common: the requests, and how what a client gave reaches the test.

exports.MODEL = "google/imagen4-fast";
exports.BROKEN = "google/imagen3-fast";
exports.APPLE = { prompt: "a red apple on a wooden table", seed: 7 };
exports.FILE = "apple.png";

// What the client says to its user when this goes wrong.
exports.toldBy = async (call) => {
  try {
    return `nothing went wrong: ${JSON.stringify(await call())}`;
  } catch (error) {
    return String(error.message);
  }
};

// On the last line, below whatever the client printed.
exports.write = (report) => console.log("\n" + JSON.stringify(report));
