/**
 * Lets in clients with JSON Web Tokens: `rqtt:jwt`.
 * @module
 */
import { definePlugin } from "../api.ts";
import { openKeys } from "./jwt/keys.ts";
import { readJwtOptions } from "./jwt/options.ts";
import { TokenGate } from "./jwt/token_gate.ts";

let gate: TokenGate;

export default definePlugin({
  /** The Authentication Method of clients that send the token in AUTH packets. */
  authenticationMethods: ["JWT"],
  async setup({ options, log }) {
    const read = readJwtOptions(options);
    const nowMs = Date.now;
    const findKey = await openKeys(read, {
      fetch,
      nowMs,
      readTextFile: Deno.readTextFile,
      async fingerprint(path) {
        const { ino, size, mtime } = await Deno.stat(path);
        return `${ino}:${size}:${mtime?.getTime()}`;
      },
      readVariable: (name) => Deno.env.get(name),
      log,
    });
    gate = new TokenGate(read, { findKey, nowMs, log });
  },
  authenticate: (login) => gate.authenticate(login),
  continueAuthentication: (message) => gate.continueAuthentication(message),
});
