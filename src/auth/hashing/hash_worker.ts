/**
 * Computes what passwords are kept as, in a Worker without permissions: it
 * takes milliseconds of one core, which no client may have to wait for.
 * @module
 */
import type { Pbkdf2Hash } from "../_digest.ts";
import {
  argon2idInSlices,
  type Argon2idParameters,
} from "./sliced_argon2id.ts";
import { pbkdf2InSlices } from "./sliced_pbkdf2.ts";

/** What the Worker is asked: to derive bytes of a password. */
export type HashQuestion =
  & {
    readonly password: Uint8Array;
    readonly salt: Uint8Array;
  }
  & (
    /** As many bytes as the hash has. */
    | {
      readonly kind: "pbkdf2";
      readonly hash: Pbkdf2Hash;
      readonly iterations: number;
    }
    | {
      readonly kind: "argon2id";
      readonly parameters: Argon2idParameters;
    }
  );

/** What it answers: the bytes, or why there are none. */
export type HashAnswer = Uint8Array | string;

/** Systems make it a little longer; shorter ones they may not make at all. */
const REST_MS = 0.05;
const never = new Int32Array(new SharedArrayBuffer(4));

declare const self: {
  onmessage: (event: MessageEvent<[id: number, HashQuestion]>) => void;
  postMessage(answer: [id: number, HashAnswer]): void;
};

self.onmessage = async ({ data: [id, question] }) => {
  try {
    self.postMessage([id, await derive(question)]);
  } catch (error) {
    self.postMessage([id, String(error)]);
  }
};

function derive(question: HashQuestion): Promise<Uint8Array> {
  const { password, salt } = question;
  switch (question.kind) {
    case "pbkdf2": {
      const { hash, iterations } = question;
      return pbkdf2InSlices(hash, password, salt, { iterations, rest });
    }
    case "argon2id":
      return argon2idInSlices(password, salt, { ...question.parameters, rest });
  }
}

/** Leaves the core to whoever waits for it. */
function rest(): void {
  Atomics.wait(never, 0, 0, REST_MS);
}
