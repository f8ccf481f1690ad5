import { pbkdf2, type Pbkdf2Hash } from "../_digest.ts";
import type { HashAnswer, HashQuestion } from "./hash_worker.ts";
import type { Argon2idParameters } from "./sliced_argon2id.ts";

/** One core is left to the broker. */
export const MAXIMUM_WORKERS = Math.max(1, navigator.hardwareConcurrency - 1);
/** Some 0.2 ms, as short as asking a Worker: mosquitto_passwd makes 101. */
const ITERATIONS_AT_ONCE = 500;
/** How long a Worker stays when there is nothing to do. */
const IDLE_MS = 30_000;

/**
 * PBKDF2 with HMAC, as long as the hash, in a way that keeps no core from
 * others for longer than a fraction of a millisecond.
 */
export function derivePbkdf2(
  hash: Pbkdf2Hash,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  if (iterations <= ITERATIONS_AT_ONCE) {
    const bytes = hash === "SHA-512" ? 64 : 32;
    return pbkdf2(hash, password, salt, { iterations, bytes });
  }
  return ask({ kind: "pbkdf2", hash, password, salt, iterations });
}

/** Argon2id, in the same way. */
export function deriveArgon2id(
  password: Uint8Array,
  salt: Uint8Array,
  parameters: Argon2idParameters,
): Promise<Uint8Array> {
  return ask({ kind: "argon2id", password, salt, parameters });
}

/** Ends the Workers that have nothing to do, others as soon as that is so. */
export function stopHashWorkers(): void {
  for (const worker of workers) worker.stopWhenIdle();
}

const workers = new Set<HashWorker>();
let lastId = 0;

function ask(question: HashQuestion): Promise<Uint8Array> {
  const idle = workers.values().find((each) => each.questionCount === 0);
  const worker = idle ??
    (workers.size < MAXIMUM_WORKERS ? new HashWorker() : leastBusy());
  return worker.ask(question);
}

function leastBusy(): HashWorker {
  return workers.values().reduce((a, b) =>
    b.questionCount < a.questionCount ? b : a
  );
}

/** A Worker, and who waits for it. It is in `workers` as long as it runs. */
class HashWorker {
  readonly #worker = new Worker(import.meta.resolve("./hash_worker.ts"), {
    type: "module",
    deno: { permissions: "none" },
  });
  readonly #waiting = new Map<number, PromiseWithResolvers<Uint8Array>>();
  #idleTimer: number | undefined;
  #isStopping = false;

  constructor() {
    this.#worker.onmessage = (
      { data: [id, answer] }: MessageEvent<[id: number, HashAnswer]>,
    ) => {
      const question = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (typeof answer !== "string") question?.resolve(answer);
      else question?.reject(new Error(`Cannot compute a hash: ${answer}`));
      if (this.#waiting.size === 0) this.#rest();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#stop();
      const error = new Error(`Cannot compute a hash: ${event.message}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    workers.add(this);
  }

  get questionCount(): number {
    return this.#waiting.size;
  }

  ask(question: HashQuestion): Promise<Uint8Array> {
    clearTimeout(this.#idleTimer);
    const id = ++lastId;
    const answer = Promise.withResolvers<Uint8Array>();
    this.#waiting.set(id, answer);
    this.#worker.postMessage([id, question]);
    return answer.promise;
  }

  stopWhenIdle(): void {
    this.#isStopping = true;
    if (this.#waiting.size === 0) this.#stop();
  }

  #rest(): void {
    if (this.#isStopping) return this.#stop();
    this.#idleTimer = setTimeout(() => this.#stop(), IDLE_MS);
    Deno.unrefTimer(this.#idleTimer);
  }

  #stop(): void {
    clearTimeout(this.#idleTimer);
    this.#worker.terminate();
    workers.delete(this);
  }
}
