import { FrameCursor } from "../../../src/cli/bench/frame_cursor.ts";
import { assert, assertEquals, assertThrows } from "../../_assert.ts";

/** A frame with this first byte and this many body bytes. */
function makeFrame(firstByte: number, bodyBytes: number): number[] {
  const length = bodyBytes < 128
    ? [bodyBytes]
    : [(bodyBytes & 0x7f) | 0x80, bodyBytes >> 7];
  return [firstByte, ...length, ...new Array(bodyBytes).fill(0x41)];
}

function feed(cursor: FrameCursor, bytes: ArrayLike<number>): void {
  let offset = 0;
  while (offset < bytes.length) {
    const space = cursor.space();
    const count = Math.min(space.length, bytes.length - offset);
    for (let index = 0; index < count; index++) {
      space[index] = bytes[offset + index];
    }
    cursor.fill(count);
    offset += count;
  }
}

function walk(cursor: FrameCursor): [number, number][] {
  const frames: [number, number][] = [];
  while (cursor.next()) {
    frames.push([cursor.firstByte, cursor.bodyEnd - cursor.bodyOffset]);
  }
  return frames;
}

const frames: [number, number][] = [[0x30, 5], [0x40, 2], [0xd0, 0], [
  0x32,
  300,
]];
const stream = frames.flatMap(([firstByte, size]) =>
  makeFrame(firstByte, size)
);

Deno.test("the cursor finds the same frames wherever a read ends", () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const cursor = new FrameCursor(1024);
    feed(cursor, stream.slice(0, cut));
    const before = walk(cursor);
    feed(cursor, stream.slice(cut));
    assertEquals([...before, ...walk(cursor)], frames, `cut at ${cut}`);
  }
});

Deno.test("the cursor finds frames that arrive byte by byte", () => {
  const cursor = new FrameCursor(16);
  const found: [number, number][] = [];
  for (const byte of stream) {
    feed(cursor, [byte]);
    found.push(...walk(cursor));
  }
  assertEquals(found, frames);
});

Deno.test("the cursor's buffer grows for a frame that is larger", () => {
  const cursor = new FrameCursor(8);
  const large = makeFrame(0x30, 10_000);
  let offset = 0;
  while (offset < large.length) {
    const space = cursor.space();
    assert(space.length > 0, `no space at ${offset}`);
    const piece = large.slice(offset, offset + space.length);
    space.set(piece);
    cursor.fill(piece.length);
    offset += piece.length;
    if (offset < large.length) assertEquals(cursor.next(), false);
  }
  assertEquals(walk(cursor), [[0x30, 10_000]]);
});

Deno.test("the cursor refuses a Remaining Length of five bytes", () => {
  const cursor = new FrameCursor(16);
  feed(cursor, [0x30, 0x80, 0x80, 0x80, 0x80, 0x01]);
  assertThrows(() => cursor.next(), Error, "over 4 bytes");
});

Deno.test("the cursor counts equal frames and stops at the first other", () => {
  for (const size of [7, 200]) {
    const alike = makeFrame(0x30, size);
    const cursor = new FrameCursor(4096);
    feed(cursor, [...alike, ...alike, ...alike, ...makeFrame(0x40, 2)]);
    assert(cursor.next());
    assertEquals(cursor.skipAlike(), 2);
    assertEquals(walk(cursor), [[0x40, 2]]);
  }
});

Deno.test("the cursor counts no equal frame of which a part is missing", () => {
  const alike = makeFrame(0x30, 200);
  const cursor = new FrameCursor(4096);
  feed(cursor, [...alike, ...alike, ...alike.slice(0, -1)]);
  assert(cursor.next());
  assertEquals(cursor.skipAlike(), 1);
  assertEquals(cursor.next(), false);
  feed(cursor, alike.slice(-1));
  assertEquals(walk(cursor), [[0x30, 200]]);
});

Deno.test("the cursor takes frames of other lengths or flags for others", () => {
  const alike = makeFrame(0x30, 200);
  for (const other of [makeFrame(0x30, 199), makeFrame(0x31, 200)]) {
    const cursor = new FrameCursor(4096);
    feed(cursor, [...alike, ...other, ...alike]);
    assert(cursor.next());
    assertEquals(cursor.skipAlike(), 0);
  }
});
