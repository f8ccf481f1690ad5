// Devices show a key as their password; options.file has its SHA-256 by device.
import { definePlugin } from "@rqtt/rqtt/plugin";

let hashes = {};

export default definePlugin({
  async setup({ options }) {
    hashes = JSON.parse(await Deno.readTextFile(options.file));
  },
  async authenticate({ clientIdentifier, password }) {
    if (!Object.hasOwn(hashes, clientIdentifier)) return "pass";
    const bytes = password ?? new Uint8Array();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return hash.toHex() !== hashes[clientIdentifier] ? "deny" : {
      answer: "allow",
      userName: clientIdentifier,
      rules: ["readwrite devices/%c/#", "read news/#"],
    };
  },
});
