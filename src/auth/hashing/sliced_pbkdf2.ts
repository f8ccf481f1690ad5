import { pbkdf2, type Pbkdf2Hash, sha256, sha512 } from "../_digest.ts";
import kernelBytes from "./pbkdf2.wasm" with { type: "bytes" };

/** What `pbkdf2.as` exports; it says there what each is. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly KEY: WebAssembly.Global;
  readonly LAST: WebAssembly.Global;
  readonly RESULT: WebAssembly.Global;
  beginSha512(): void;
  iterateSha512(count: number): void;
  beginSha256(): void;
  iterateSha256(count: number): void;
  forget(): void;
}

/** Some 0.2 ms of one core: so long may others have to wait for it. */
export const ITERATIONS_PER_SLICE = 300;

const kernel = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes))
  .exports as unknown as Kernel;

const ALGORITHMS = {
  "SHA-512": {
    digest: sha512,
    keyBytes: 128,
    hashBytes: 64,
    begin: kernel.beginSha512,
    iterate: kernel.iterateSha512,
  },
  "SHA-256": {
    digest: sha256,
    keyBytes: 64,
    hashBytes: 32,
    begin: kernel.beginSha256,
    iterate: kernel.iterateSha256,
  },
} as const;

/**
 * PBKDF2 with HMAC, as long as the hash is: what WebCrypto computes, but `rest`
 * is called after each slice of `ITERATIONS_PER_SLICE`.
 *
 * WebCrypto keeps a core for milliseconds on end, and whoever wakes up on that
 * core meanwhile waits for the next tick of the system, 4 ms on many. On two
 * cores, a storm of logins cost the messages of other clients just that.
 */
export async function pbkdf2InSlices(
  hash: Pbkdf2Hash,
  password: Uint8Array,
  salt: Uint8Array,
  { iterations, rest }: { iterations: number; rest: () => void },
): Promise<Uint8Array> {
  const { digest, keyBytes, hashBytes, begin, iterate } = ALGORITHMS[hash];
  const key = password.length > keyBytes ? await digest(password) : password;
  // The only iteration that has the salt in it, which may have any length.
  const first = await pbkdf2(hash, password, salt, {
    iterations: 1,
    bytes: hashBytes,
  });
  // Nothing is waited for from here on: the kernel has room for one.
  const block = new Uint8Array(keyBytes);
  block.set(key);
  const wordBytes = hashBytes / 8;
  writeWords(kernel.KEY, block, wordBytes);
  writeWords(kernel.LAST, first, wordBytes);
  writeWords(kernel.RESULT, first, wordBytes);
  begin();
  for (let left = iterations - 1; left > 0; left -= ITERATIONS_PER_SLICE) {
    iterate(Math.min(left, ITERATIONS_PER_SLICE));
    rest();
  }
  const derived = new Uint8Array(kernel.memory.buffer, kernel.RESULT.value);
  const result = reversed(derived.subarray(0, hashBytes), wordBytes);
  // The next login may be hours away, or somebody else's.
  kernel.forget();
  return result;
}

function writeWords(
  address: WebAssembly.Global,
  bytes: Uint8Array,
  wordBytes: number,
): void {
  new Uint8Array(kernel.memory.buffer, address.value)
    .set(reversed(bytes, wordBytes));
}

/** The standard has big-endian words, WebAssembly little-endian ones. */
function reversed(bytes: Uint8Array, wordBytes: number): Uint8Array {
  const words = new Uint8Array(bytes);
  for (let at = 0; at < words.length; at += wordBytes) {
    words.subarray(at, at + wordBytes).reverse();
  }
  return words;
}
