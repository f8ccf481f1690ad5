/**
 * Computes what password files are made of, in a Worker without permissions:
 * it takes milliseconds of one core, which no client may have to wait for.
 * @module
 */
import { argon2id, argon2Verify } from "hash-wasm";
import type { Pbkdf2Hash } from "../_digest.ts";
import { deriveInSlices } from "./sliced_pbkdf2.ts";

/** What the Worker is asked. */
export type HashQuestion =
  /** PBKDF2 with HMAC: what is derived, as long as the hash. */
  | {
    readonly kind: "pbkdf2";
    readonly hash: Pbkdf2Hash;
    readonly password: Uint8Array;
    readonly salt: Uint8Array;
    readonly iterations: number;
  }
  /** argon2id: what is stored for the password, as text. */
  | { readonly kind: "argon2id"; readonly password: Uint8Array }
  /** argon2id: whether the password is the one that `hash` was made of. */
  | {
    readonly kind: "argon2id-verify";
    readonly password: Uint8Array;
    readonly hash: string;
  };

/** What it answers, by the kind of the question. */
export interface HashAnswers {
  "pbkdf2": Uint8Array;
  "argon2id": string;
  "argon2id-verify": boolean;
}

/** What OWASP recommends at the least: 19 MiB, two passes, one lane. */
const ARGON2ID = {
  memorySize: 19_456,
  iterations: 2,
  parallelism: 1,
  hashLength: 32,
  outputType: "encoded",
} as const;

/** Systems make it a little longer; shorter ones they may not make at all. */
const REST_MS = 0.05;
const never = new Int32Array(new SharedArrayBuffer(4));

declare const self: {
  onmessage: (event: MessageEvent<[id: number, HashQuestion]>) => void;
  postMessage(
    answer: [id: number, answer: HashAnswers[keyof HashAnswers]],
  ): void;
};

self.onmessage = async ({ data: [id, question] }) => {
  self.postMessage([id, await compute(question)]);
};

async function compute(
  question: HashQuestion,
): Promise<HashAnswers[keyof HashAnswers]> {
  const { kind, password } = question;
  switch (kind) {
    case "pbkdf2": {
      const { hash, salt, iterations } = question;
      return await deriveInSlices(hash, password, salt, { iterations, rest });
    }
    case "argon2id": {
      const salt = crypto.getRandomValues(new Uint8Array(16));
      return await argon2id({ ...ARGON2ID, password, salt });
    }
    case "argon2id-verify":
      try {
        return await argon2Verify({ password, hash: question.hash });
      } catch {
        // The library refuses an empty password, which is a wrong one.
        return false;
      }
  }
}

/** Leaves the core to whoever waits for it. */
function rest(): void {
  Atomics.wait(never, 0, 0, REST_MS);
}
