import type { SeededRandom } from "../broker/_harness.ts";
import { concatenate } from "./_fuzz_case.ts";
import {
  encodeLength,
  endOfHeader,
  makeFrame,
  repairFrame,
} from "./_frames.ts";
import { oneIn, pick } from "./_streams.ts";

/** Changes the frames of one connection in place; there is at least one. */
type Mutation = (random: SeededRandom, frames: Uint8Array[]) => void;

const INTERESTING_BYTES = [0, 1, 2, 0x10, 0x23, 0x7f, 0x80, 0xc3, 0xff];
const LARGEST_FRAME_BYTES = 20_000;
const MOST_FRAMES = 40;
const encoder = new TextEncoder();
/** Above this many bytes a stream is not cut at each of them. */
const LONGEST_TRICKLE_BYTES = 300;

/** A changed copy of `frames`; others to splice with come from `donors`. */
export function mutate(
  random: SeededRandom,
  frames: readonly Uint8Array[],
  donors: readonly Uint8Array[],
): Uint8Array[] {
  const changed = frames.map((frame) => frame.slice());
  for (let i = random.integer(4); i >= 0; i--) {
    if (changed.length === 0) break;
    if (oneIn(random, 6)) splice(random, changed, donors);
    else pick(random, MUTATIONS)(random, changed);
    if (changed.length > MOST_FRAMES) changed.length = MOST_FRAMES;
  }
  return changed;
}

/** Cuts a stream into the chunks in which it is read. */
export function cutIntoChunks(
  random: SeededRandom,
  frames: readonly Uint8Array[],
): Uint8Array[] {
  const bytes = concatenate(frames);
  if (bytes.length === 0) return [];
  switch (random.integer(4)) {
    case 0:
      return [bytes];
    case 1:
      return frames.filter((frame) => frame.length > 0);
    case 2:
      if (bytes.length <= LONGEST_TRICKLE_BYTES) {
        return [...bytes].map((byte) => new Uint8Array([byte]));
      }
  }
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + 1 + random.integer(oneIn(random, 2) ? 5 : 400);
    chunks.push(bytes.slice(start, end));
    start = end;
  }
  return chunks;
}

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  truncate,
  removeRange,
  insertRange,
  doubleRange,
  lieAboutLength,
  lieAboutInnerLength,
  lieAboutInnerLength,
  repeatFrame,
  swapFrames,
  dropFrame,
  addPropertySoup,
  addPropertySoup,
  changeType,
];

function flipBit(random: SeededRandom, frames: Uint8Array[]): void {
  const frame = pick(random, frames);
  if (frame.length === 0) return;
  frame[random.integer(frame.length)] ^= 1 << random.integer(8);
}

function setByte(random: SeededRandom, frames: Uint8Array[]): void {
  const frame = pick(random, frames);
  if (frame.length === 0) return;
  frame[random.integer(frame.length)] = pick(random, INTERESTING_BYTES);
}

function truncate(random: SeededRandom, frames: Uint8Array[]): void {
  replaceOne(
    random,
    frames,
    (frame) => frame.slice(0, random.integer(frame.length + 1)),
  );
}

function removeRange(random: SeededRandom, frames: Uint8Array[]): void {
  replaceOne(random, frames, (frame) => {
    const start = random.integer(frame.length + 1);
    const end = start + 1 + random.integer(8);
    return concatenate([frame.slice(0, start), frame.slice(end)]);
  });
}

function insertRange(random: SeededRandom, frames: Uint8Array[]): void {
  replaceOne(random, frames, (frame) => {
    const start = random.integer(frame.length + 1);
    const inserted = Uint8Array.from(
      { length: 1 + random.integer(4) },
      () =>
        oneIn(random, 2)
          ? pick(random, INTERESTING_BYTES)
          : random.integer(256),
    );
    return concatenate([frame.slice(0, start), inserted, frame.slice(start)]);
  });
}

function doubleRange(random: SeededRandom, frames: Uint8Array[]): void {
  replaceOne(random, frames, (frame) => {
    const start = random.integer(frame.length + 1);
    const end = start + 1 + random.integer(20);
    return concatenate([frame.slice(0, end), frame.slice(start)]);
  });
}

/** The Remaining Length becomes another number, in a legal form or not. */
function lieAboutLength(random: SeededRandom, frames: Uint8Array[]): void {
  const index = random.integer(frames.length);
  const frame = frames[index];
  if (frame.length < 2) return;
  const body = frame.slice(endOfHeader(frame));
  const length = pick(random, [
    encodeLength(body.length + 1),
    encodeLength(Math.max(0, body.length - 1)),
    encodeLength(random.integer(300)),
    [0x80, 0x00],
    [0xff, 0xff, 0xff, 0x7f],
    [0xff, 0xff, 0xff, 0xff, 0x7f],
    [0x80, 0x80, 0x80, 0x01],
  ]);
  frames[index] = concatenate([
    new Uint8Array([frame[0], ...length]),
    body,
  ]);
}

/** Two bytes somewhere, perhaps the length of a string, become another number. */
function lieAboutInnerLength(
  random: SeededRandom,
  frames: Uint8Array[],
): void {
  const frame = pick(random, frames);
  if (frame.length < 4) return;
  const position = 2 + random.integer(frame.length - 3);
  const value = frame[position] << 8 | frame[position + 1];
  const lie = pick(random, [value + 1, value - 1, 0, 1, 0xffff, 0x8000]);
  frame[position] = lie >> 8;
  frame[position + 1] = lie;
}

function repeatFrame(random: SeededRandom, frames: Uint8Array[]): void {
  const frame = pick(random, frames);
  const count = oneIn(random, 4) ? 10 : 1;
  const copies = Array.from({ length: count }, () => frame.slice());
  frames.splice(random.integer(frames.length + 1), 0, ...copies);
}

function swapFrames(random: SeededRandom, frames: Uint8Array[]): void {
  const a = random.integer(frames.length);
  const b = random.integer(frames.length);
  const frame = frames[a];
  frames[a] = frames[b];
  frames[b] = frame;
}

function dropFrame(random: SeededRandom, frames: Uint8Array[]): void {
  if (frames.length > 1) frames.splice(random.integer(frames.length), 1);
}

function changeType(random: SeededRandom, frames: Uint8Array[]): void {
  const frame = pick(random, frames);
  if (frame.length > 0) frame[0] = random.integer(256);
}

/** Adds a packet whose properties are legal, misplaced, repeated or broken. */
function addPropertySoup(random: SeededRandom, frames: Uint8Array[]): void {
  const soup = concatenate(
    Array.from({ length: random.integer(6) }, () => makeProperty(random)),
  );
  const properties = concatenate([
    new Uint8Array(encodeLength(soup.length)),
    soup,
  ]);
  const [firstByte, head, tail] = pick(random, SOUP_BOWLS);
  const frame = makeFrame(
    firstByte,
    concatenate([new Uint8Array(head), properties, new Uint8Array(tail)]),
  );
  if (firstByte === 0x10) frames[0] = frame;
  else frames.splice(random.integer(frames.length + 1), 0, frame);
}

type Bowl = readonly [
  firstByte: number,
  head: readonly number[],
  tail: readonly number[],
];

/** Packets by what stands before and after their properties. */
const SOUP_BOWLS: readonly Bowl[] = [
  [0x10, [0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0], [0, 1, 0x63]],
  [0x30, [0, 1, 0x61], [0x78]],
  [0x33, [0, 1, 0x61, 0, 1], [0x78]],
  [0x34, [0, 0, 0, 2], []],
  [0x40, [0, 1, 0], []],
  [0x62, [0, 2, 0], []],
  [0x82, [0, 3], [0, 1, 0x23, 1]],
  [0xa2, [0, 4], [0, 1, 0x23]],
  [0xe0, [4], []],
  [0xf0, [0x18], []],
];

function makeProperty(random: SeededRandom): Uint8Array {
  const identifier = oneIn(random, 10)
    ? random.integer(256)
    : 1 + random.integer(0x2a);
  const text = pick(random, ["", "a", "é", "a/+", "\u0000", "long".repeat(40)]);
  const utf8 = encoder.encode(text);
  const value = pick(random, [
    [random.integer(3)],
    [0, random.integer(4)],
    [0, 0, 0, random.integer(4)],
    [0xff, 0xff, 0xff, 0xff],
    encodeLength(random.integer(70_000)),
    [utf8.length >> 8, utf8.length & 0xff, ...utf8],
    [0, 1, 0x6b, utf8.length >> 8, utf8.length & 0xff, ...utf8],
  ]);
  return new Uint8Array([identifier, ...value]);
}

/** The head of one frame with the tail of another one. */
function splice(
  random: SeededRandom,
  frames: Uint8Array[],
  donors: readonly Uint8Array[],
): void {
  const donor = pick(random, donors.length > 0 ? donors : frames);
  if (oneIn(random, 2)) {
    frames.splice(random.integer(frames.length + 1), 0, donor.slice());
    return;
  }
  replaceOne(
    random,
    frames,
    (frame) =>
      concatenate([
        frame.slice(0, random.integer(frame.length + 1)),
        donor.slice(random.integer(donor.length + 1)),
      ]),
  );
}

/** Puts `change` of one frame in its place, mostly with a length that fits. */
function replaceOne(
  random: SeededRandom,
  frames: Uint8Array[],
  change: (frame: Uint8Array) => Uint8Array,
): void {
  const index = random.integer(frames.length);
  const changed = change(frames[index]).slice(0, LARGEST_FRAME_BYTES);
  frames[index] = oneIn(random, 3) ? changed : repairFrame(changed);
}
