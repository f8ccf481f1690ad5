import { pbkdf2, sha512 } from "../_digest.ts";
import kernelBytes from "./pbkdf2_sha512.wasm" with { type: "bytes" };

/** What `pbkdf2_sha512.as` exports; it says there what each is. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly KEY: WebAssembly.Global;
  readonly LAST: WebAssembly.Global;
  readonly RESULT: WebAssembly.Global;
  begin(): void;
  iterate(count: number): void;
}

const KEY_BYTES = 128;
const WORD_BYTES = 8;
/** The length of what is derived. */
const HASH_BYTES = 64;

/** Some 0.2 ms of one core: so long may others have to wait for it. */
export const ITERATIONS_PER_SLICE = 300;

const kernel = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes))
  .exports as unknown as Kernel;

/**
 * PBKDF2 with HMAC and SHA-512, 64 bytes long: what WebCrypto computes, but
 * `rest` is called after each slice of `ITERATIONS_PER_SLICE`.
 *
 * WebCrypto keeps a core for milliseconds on end, and whoever wakes up on that
 * core meanwhile waits for the next tick of the system, 4 ms on many. On two
 * cores, a storm of logins cost the messages of other clients just that.
 */
export async function deriveInSlices(
  password: Uint8Array,
  salt: Uint8Array,
  { iterations, rest }: { iterations: number; rest: () => void },
): Promise<Uint8Array> {
  const key = password.length > KEY_BYTES ? await sha512(password) : password;
  // The only iteration that has the salt in it, which may have any length.
  const first = await pbkdf2("SHA-512", password, salt, {
    iterations: 1,
    bytes: HASH_BYTES,
  });
  // Nothing is waited for from here on: the kernel has room for one.
  const block = new Uint8Array(KEY_BYTES);
  block.set(key);
  writeWords(kernel.KEY, block);
  writeWords(kernel.LAST, first);
  writeWords(kernel.RESULT, first);
  kernel.begin();
  for (let left = iterations - 1; left > 0; left -= ITERATIONS_PER_SLICE) {
    kernel.iterate(Math.min(left, ITERATIONS_PER_SLICE));
    rest();
  }
  return readWords(kernel.RESULT, HASH_BYTES);
}

/** The standard counts in big-endian words, WebAssembly in little-endian ones. */
function writeWords(address: WebAssembly.Global, bytes: Uint8Array): void {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const to = new DataView(kernel.memory.buffer, address.value);
  for (let at = 0; at < bytes.length; at += WORD_BYTES) {
    to.setBigUint64(at, from.getBigUint64(at), true);
  }
}

function readWords(address: WebAssembly.Global, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const from = new DataView(kernel.memory.buffer, address.value);
  const to = new DataView(bytes.buffer);
  for (let at = 0; at < length; at += WORD_BYTES) {
    to.setBigUint64(at, from.getBigUint64(at, true));
  }
  return bytes;
}
