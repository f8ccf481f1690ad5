/*
 * The memory-hard part of Argon2id, version 0x13 (RFC 9106), in slices: it
 * stops after as many blocks as it is told, and goes on from there.
 *
 * AssemblyScript: `deno task kernel` makes argon2id.wasm of it. The caller
 * computes the first two blocks of each lane, and the hash from the last ones.
 */

const BLOCK_BYTES: usize = 1024;
const WORDS_PER_BLOCK: u32 = 128;
/** A pass is done in four steps, between which lanes see each other. */
const SLICES: u32 = 4;
/** The number of Argon2id among its kind. */
const TYPE: u64 = 2;

const ZERO: usize = memory.data(1024);
const MIXED: usize = memory.data(1024);
/** What the addresses of the first half pass are made of, and they. */
const ADDRESS_INPUT: usize = memory.data(1024);
const ADDRESSES: usize = memory.data(1024);

let firstBlock: usize = 0;
let passes: u32 = 0;
let lanes: u32 = 0;
let laneBlocks: u32 = 0;
let segmentBlocks: u32 = 0;

// The block to be filled next: of which pass, slice and lane, and which there.
let pass: u32 = 0;
let slice: u32 = 0;
let lane: u32 = 0;
let index: u32 = 0;

/** How many blocks have been wiped. */
let wiped: u32 = 0;

/**
 * Begins with `laneCount` lanes of `blocksPerLane` blocks, a multiple of four.
 * Returns the address of the first block: they lie one after another, lane by
 * lane, and the first two of each lane are to be written there. Returns 0 if
 * there is not enough memory.
 */
export function begin(
  passCount: u32,
  laneCount: u32,
  blocksPerLane: u32,
): usize {
  firstBlock = (__heap_base + BLOCK_BYTES - 1) & ~(BLOCK_BYTES - 1);
  const end: u64 = <u64> firstBlock +
    <u64> laneCount * <u64> blocksPerLane * <u64> BLOCK_BYTES;
  const pages = <i64> ((end + 0xffff) >> 16) - <i64> memory.size();
  if (pages > 0xffff || (pages > 0 && memory.grow(<i32> pages) < 0)) return 0;
  passes = passCount;
  lanes = laneCount;
  laneBlocks = blocksPerLane;
  segmentBlocks = blocksPerLane / SLICES;
  pass = 0;
  slice = 0;
  lane = 0;
  index = 2;
  wiped = 0;
  beginSegment();
  return firstBlock;
}

/** Fills `count` blocks, or those that are left; whether any is left then. */
export function fill(count: i32): bool {
  for (; count > 0 && pass < passes; count--) {
    if (index < segmentBlocks) fillNext();
    index++;
    if (index >= segmentBlocks) nextSegment();
  }
  return pass < passes;
}

/**
 * Wipes `count` blocks, or those that are left; whether any is left then. The
 * first ones would let passwords be guessed without the cost of the others.
 */
export function wipe(count: u32): bool {
  const blocks = min(count, lanes * laneBlocks - wiped);
  memory.fill(blockAt(wiped), 0, <usize> blocks * BLOCK_BYTES);
  memory.fill(MIXED, 0, BLOCK_BYTES);
  wiped += blocks;
  return wiped < lanes * laneBlocks;
}

function nextSegment(): void {
  index = 0;
  if (++lane === lanes) {
    lane = 0;
    if (++slice === SLICES) {
      slice = 0;
      pass++;
    }
  }
  if (pass === 0 && slice === 0) index = 2;
  beginSegment();
}

/** RFC 9106, 3.4.1.2: what the addresses are made of. */
function beginSegment(): void {
  store<u64>(ADDRESS_INPUT, pass, 0);
  store<u64>(ADDRESS_INPUT, lane, 8);
  store<u64>(ADDRESS_INPUT, slice, 16);
  store<u64>(ADDRESS_INPUT, lanes * laneBlocks, 24);
  store<u64>(ADDRESS_INPUT, passes, 32);
  store<u64>(ADDRESS_INPUT, TYPE, 40);
  store<u64>(ADDRESS_INPUT, 0, 48);
  // The first two blocks of a lane use up the first two addresses.
  if (isIndependent() && index > 0) nextAddresses();
}

function nextAddresses(): void {
  store<u64>(ADDRESS_INPUT, load<u64>(ADDRESS_INPUT, 48) + 1, 48);
  compress(ZERO, ADDRESS_INPUT, ADDRESSES, false);
  compress(ZERO, ADDRESSES, ADDRESSES, false);
}

/** Whether addresses do not depend on the password. */
@inline
function isIndependent(): bool {
  return pass === 0 && slice < SLICES / 2;
}

function fillNext(): void {
  const laneStart = lane * laneBlocks;
  const position = slice * segmentBlocks + index;
  const current = blockAt(laneStart + position);
  const previous = blockAt(
    laneStart + (position === 0 ? laneBlocks : position) - 1,
  );
  let random: u64;
  if (isIndependent()) {
    const at = index % WORDS_PER_BLOCK;
    if (at === 0) nextAddresses();
    random = load<u64>(ADDRESSES + (at << 3));
  } else {
    random = load<u64>(previous);
  }
  compress(previous, referenceOf(random), current, pass > 0);
}

/** RFC 9106, 3.4.2: the block that is mixed with the previous one. */
function referenceOf(random: u64): usize {
  const isFirstSlice = pass === 0 && slice === 0;
  const referenceLane = isFirstSlice ? lane : <u32> ((random >> 32) % lanes);
  let area = pass === 0 ? slice * segmentBlocks : laneBlocks - segmentBlocks;
  // Of its own lane, all but the previous block; of others, what is complete.
  if (referenceLane === lane) area += index - 1;
  else if (index === 0) area--;
  const first = random & 0xffffffff;
  const distance = (<u64> area * ((first * first) >> 32)) >> 32;
  const start = pass === 0 || slice === SLICES - 1
    ? 0
    : (slice + 1) * segmentBlocks;
  const position = (start + area - 1 - <u32> distance) % laneBlocks;
  return blockAt(referenceLane * laneBlocks + position);
}

@inline
function blockAt(number: u32): usize {
  return firstBlock + <usize> number * BLOCK_BYTES;
}

/** RFC 9106, 3.5; with `isMixedIn` the old content of `result` counts too. */
function compress(
  x: usize,
  y: usize,
  result: usize,
  isMixedIn: bool,
): void {
  for (let i: usize = 0; i < BLOCK_BYTES; i += 8) {
    store<u64>(MIXED + i, load<u64>(x + i) ^ load<u64>(y + i));
  }
  if (isMixedIn) {
    for (let i: usize = 0; i < BLOCK_BYTES; i += 8) {
      store<u64>(
        result + i,
        load<u64>(result + i) ^ load<u64>(MIXED + i),
      );
    }
  } else {
    memory.copy(result, MIXED, BLOCK_BYTES);
  }
  // Eight rows of eight registers of two words each, then eight columns.
  for (let i: usize = 0; i < 8; i++) permute(MIXED + i * 128, 16);
  for (let i: usize = 0; i < 8; i++) permute(MIXED + i * 16, 128);
  for (let i: usize = 0; i < BLOCK_BYTES; i += 8) {
    store<u64>(result + i, load<u64>(result + i) ^ load<u64>(MIXED + i));
  }
}

/** RFC 9106, 3.6: eight registers, `step` bytes from one to the next. */
function permute(first: usize, step: usize): void {
  const v0 = first, v1 = first + 8;
  const v2 = v0 + step, v3 = v1 + step;
  const v4 = v2 + step, v5 = v3 + step;
  const v6 = v4 + step, v7 = v5 + step;
  const v8 = v6 + step, v9 = v7 + step;
  const v10 = v8 + step, v11 = v9 + step;
  const v12 = v10 + step, v13 = v11 + step;
  const v14 = v12 + step, v15 = v13 + step;
  mix(v0, v4, v8, v12);
  mix(v1, v5, v9, v13);
  mix(v2, v6, v10, v14);
  mix(v3, v7, v11, v15);
  mix(v0, v5, v10, v15);
  mix(v1, v6, v11, v12);
  mix(v2, v7, v8, v13);
  mix(v3, v4, v9, v14);
}

function mix(atA: usize, atB: usize, atC: usize, atD: usize): void {
  let a = load<u64>(atA);
  let b = load<u64>(atB);
  let c = load<u64>(atC);
  let d = load<u64>(atD);
  a = blend(a, b);
  d = rotr(d ^ a, 32);
  c = blend(c, d);
  b = rotr(b ^ c, 24);
  a = blend(a, b);
  d = rotr(d ^ a, 16);
  c = blend(c, d);
  b = rotr(b ^ c, 63);
  store<u64>(atA, a);
  store<u64>(atB, b);
  store<u64>(atC, c);
  store<u64>(atD, d);
}

@inline
function blend(x: u64, y: u64): u64 {
  return x + y + 2 * (x & 0xffffffff) * (y & 0xffffffff);
}
