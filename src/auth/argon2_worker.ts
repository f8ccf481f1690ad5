/**
 * Computes argon2id in a Worker without permissions: it takes tens of
 * milliseconds of one core, which no client may have to wait for.
 * @module
 */
import { argon2id, argon2Verify } from "hash-wasm";

/** What the Worker is asked; `hash` is left out to make one. */
export interface Argon2Request {
  readonly id: number;
  readonly password: Uint8Array;
  readonly hash?: string;
}

/** Its answer: the hash made, or whether the given one fits. */
export interface Argon2Response {
  readonly id: number;
  readonly result: string | boolean;
}

/** What OWASP recommends at the least: 19 MiB, two passes, one lane. */
const PARAMETERS = {
  memorySize: 19_456,
  iterations: 2,
  parallelism: 1,
  hashLength: 32,
  outputType: "encoded",
} as const;

declare const self: {
  onmessage: (event: MessageEvent<Argon2Request>) => void;
  postMessage(response: Argon2Response): void;
};

self.onmessage = async ({ data: { id, password, hash } }) => {
  self.postMessage({ id, result: await compute(password, hash) });
};

async function compute(password: Uint8Array, hash: string | undefined) {
  if (hash === undefined) {
    const salt = crypto.getRandomValues(new Uint8Array(16));
    return await argon2id({ ...PARAMETERS, password, salt });
  }
  try {
    return await argon2Verify({ password, hash });
  } catch {
    // The library refuses an empty password, which is a wrong one.
    return false;
  }
}
