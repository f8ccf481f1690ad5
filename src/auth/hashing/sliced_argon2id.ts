import { createBLAKE2b, type IHasher } from "hash-wasm";
import kernelBytes from "./argon2id.wasm" with { type: "bytes" };

/** What argon2id costs, and how much it makes (RFC 9106, 3.1). */
export interface Argon2idParameters {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly hashBytes: number;
}

/** What `argon2id.as` exports; it says there what each does. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  begin(passes: number, lanes: number, blocksPerLane: number): number;
  fill(count: number): number;
  wipe(count: number): number;
}

/** Some 0.2 ms of one core: so long may others have to wait for it. */
export const BLOCKS_PER_SLICE = 200;
/** The same time. */
const WIPED_PER_SLICE = 4_000;

const BLOCK_BYTES = 1024;
const VERSION = 0x13;
/** The number of Argon2id among its kind. */
const TYPE = 2;
/** The longest that BLAKE2b makes; longer ones are put together of halves. */
const DIGEST_BYTES = 64;
const HALF_BYTES = 32;

const kernel = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes))
  .exports as unknown as Kernel;
// Not awaited here: a Worker loses what it is sent while its module waits.
const whenBlake = createBLAKE2b(8 * DIGEST_BYTES);

/**
 * Argon2id, which calls `rest` after each slice of `BLOCKS_PER_SLICE`: for the
 * reason that PBKDF2 has.
 * @throws {Error} If there is not enough memory.
 */
export async function argon2idInSlices(
  password: Uint8Array,
  salt: Uint8Array,
  { rest, ...parameters }: Argon2idParameters & { rest: () => void },
): Promise<Uint8Array> {
  const { memoryKib, passes, lanes, hashBytes } = parameters;
  const lastBytes = hashBytes <= DIGEST_BYTES
    ? hashBytes
    : hashBytes - HALF_BYTES * (Math.ceil(hashBytes / HALF_BYTES) - 2);
  const blake = await whenBlake;
  const last = await createBLAKE2b(8 * lastBytes);
  // Nothing is waited for from here on: the kernel has room for one.
  const blocksPerLane = 4 * Math.floor(memoryKib / (4 * lanes));
  const address = kernel.begin(passes, lanes, blocksPerLane);
  if (address === 0) {
    throw new Error(`no memory for argon2id: ${memoryKib} KiB`);
  }
  const block = (lane: number, index: number) =>
    new Uint8Array(
      kernel.memory.buffer,
      address + (lane * blocksPerLane + index) * BLOCK_BYTES,
      BLOCK_BYTES,
    );
  const start = digest(
    blake,
    words(lanes, hashBytes, memoryKib, passes, VERSION, TYPE),
    ...[words(password.length), password, words(salt.length), salt],
    // Neither a secret nor associated data.
    words(0, 0),
  );
  for (let lane = 0; lane < lanes; lane++) {
    for (const index of [0, 1]) {
      const parts = [start, words(index, lane)];
      block(lane, index).set(
        longDigest(BLOCK_BYTES, { blake, last: blake }, parts),
      );
    }
  }
  while (kernel.fill(BLOCKS_PER_SLICE) !== 0) rest();
  const sum = new Uint8Array(BLOCK_BYTES);
  for (let lane = 0; lane < lanes; lane++) {
    const end = block(lane, blocksPerLane - 1);
    for (let i = 0; i < BLOCK_BYTES; i++) sum[i] ^= end[i];
  }
  const result = longDigest(hashBytes, { blake, last }, [sum]);
  // The next login may be hours away, or somebody else's.
  while (kernel.wipe(WIPED_PER_SLICE) !== 0) rest();
  const longest = Math.max(BLOCK_BYTES, password.length);
  for (const hasher of [blake, last]) digest(hasher, new Uint8Array(longest));
  return result;
}

/** RFC 9106, 3.3; `last` makes what is left at the end. */
function longDigest(
  length: number,
  { blake, last }: { blake: IHasher; last: IHasher },
  parts: readonly Uint8Array[],
): Uint8Array {
  if (length <= DIGEST_BYTES) return digest(last, words(length), ...parts);
  const result = new Uint8Array(length);
  let part = digest(blake, words(length), ...parts);
  let at = 0;
  for (; length - at > DIGEST_BYTES; at += HALF_BYTES) {
    result.set(part.subarray(0, HALF_BYTES), at);
    const isLast = length - at - HALF_BYTES <= DIGEST_BYTES;
    part = digest(isLast ? last : blake, part);
  }
  result.set(part, at);
  return result;
}

function digest(hasher: IHasher, ...parts: readonly Uint8Array[]): Uint8Array {
  hasher.init();
  for (const part of parts) hasher.update(part);
  return hasher.digest("binary");
}

/** Numbers of 32 bits, little-endian. */
function words(...numbers: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, index) => bytes.setUint32(4 * index, number, true));
  return new Uint8Array(bytes.buffer);
}
