import type { Argon2Request, Argon2Response } from "./argon2_worker.ts";

/** How long the Worker stays when there is nothing to do. */
const IDLE_MS = 30_000;

let worker: Worker | null = null;
let lastId = 0;
let idleTimer: number | undefined;
const waiting = new Map<number, PromiseWithResolvers<string | boolean>>();

/** Whether `password` is the one behind `hash` (`$argon2id$…`). */
export async function verifyArgon2(
  hash: string,
  password: Uint8Array,
): Promise<boolean> {
  return await compute(password, hash) === true;
}

/** Stores a password as `$argon2id$…`. */
export async function hashArgon2(password: Uint8Array): Promise<string> {
  return String(await compute(password));
}

/** Ends the Worker; the next question starts another. */
export function stopArgon2(): void {
  clearTimeout(idleTimer);
  worker?.terminate();
  worker = null;
}

function compute(
  password: Uint8Array,
  hash?: string,
): Promise<string | boolean> {
  clearTimeout(idleTimer);
  worker ??= startWorker();
  const id = ++lastId;
  const answer = Promise.withResolvers<string | boolean>();
  waiting.set(id, answer);
  const request: Argon2Request = { id, password, hash };
  worker.postMessage(request);
  return answer.promise;
}

function startWorker(): Worker {
  const started = new Worker(import.meta.resolve("./argon2_worker.ts"), {
    type: "module",
    deno: { permissions: "none" },
  });
  started.onmessage = ({ data }: MessageEvent<Argon2Response>) => {
    const answer = waiting.get(data.id);
    waiting.delete(data.id);
    answer?.resolve(data.result);
    if (waiting.size === 0) rest();
  };
  started.onerror = (event) => {
    event.preventDefault();
    stopArgon2();
    const error = new Error(`Cannot compute argon2id: ${event.message}`);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  return started;
}

function rest(): void {
  idleTimer = setTimeout(stopArgon2, IDLE_MS);
  Deno.unrefTimer(idleTimer);
}
