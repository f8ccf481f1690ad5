import fc from "fast-check";
import { ReadWindow } from "../../src/transport/read_window.ts";
import { assert, assertEquals } from "../_assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function pendingOf(window: ReadWindow): number[] {
  return [...window.bytes.subarray(window.start, window.end)];
}

/** Does what a BYOB read of at most `bytes.length` does; returns what fitted. */
function fill(window: ReadWindow, bytes: readonly number[]): number {
  const room = window.room();
  const count = Math.min(room.length, bytes.length);
  room.set(bytes.slice(0, count));
  // The read hands the array back in another object.
  const { buffer } = room.subarray(0, count);
  window.filled(new Uint8Array(buffer.transfer(), room.byteOffset, count));
  return count;
}

/** One thing that happens to a window. */
type Step =
  | { readonly kind: "fill" | "append"; readonly bytes: number[] }
  | { readonly kind: "consume"; readonly part: number }
  | { readonly kind: "shorten"; readonly part: number }
  | { readonly kind: "release" };

const bytes = fc.array(fc.nat(255), { minLength: 1, maxLength: 3_000 });
const part = fc.double({ min: 0, max: 1, noNaN: true });
const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  fc.record({
    kind: fc.constantFrom("fill" as const, "append" as const),
    bytes,
  }),
  fc.record({
    kind: fc.constantFrom("consume" as const, "shorten" as const),
    part,
  }),
  fc.record({ kind: fc.constant("release" as const) }),
));

test("a window holds what was read and not consumed, whatever happens to it", () => {
  fc.assert(fc.property(steps, (steps) => {
    const window = new ReadWindow();
    let expected: number[] = [];
    for (const step of steps) {
      switch (step.kind) {
        case "fill":
          expected.push(...step.bytes.slice(0, fill(window, step.bytes)));
          break;
        case "append":
          window.append(Uint8Array.from(step.bytes));
          expected.push(...step.bytes);
          break;
        case "consume": {
          const count = Math.floor(expected.length * step.part);
          window.consumed(window.start + count);
          expected = expected.slice(count);
          break;
        }
        case "shorten": {
          const count = Math.floor(expected.length * step.part);
          window.shortened(window.start + count);
          expected = expected.slice(0, count);
          break;
        }
        case "release":
          window.released();
      }
      assertEquals(pendingOf(window), expected);
    }
  }));
});

test("there is always room for a read", () => {
  fc.assert(fc.property(fc.array(bytes), (chunks) => {
    const window = new ReadWindow();
    for (const chunk of chunks) {
      window.append(Uint8Array.from(chunk));
      assert(window.room().length > 0);
    }
  }));
});

test("a window that nothing was read into pins nothing", () => {
  assertEquals(new ReadWindow().capacityBytes, 0);
});

test("a released window pins nothing, and one with pending bytes keeps them", () => {
  const window = new ReadWindow();
  window.append(Uint8Array.of(1, 2, 3));
  window.released();
  assertEquals(pendingOf(window), [1, 2, 3]);
  window.consumed(window.end);
  window.released();
  assertEquals(window.capacityBytes, 0);
});

test("reads that fill their room get four times as much, up to 256 KiB", () => {
  const window = new ReadWindow();
  const sizes: number[] = [];
  for (let i = 0; i < 7; i++) {
    const room = window.room();
    sizes.push(room.length);
    window.filled(room);
    window.consumed(window.end);
  }
  const KIB = 1024;
  assertEquals(sizes, [
    512,
    2 * KIB,
    8 * KIB,
    32 * KIB,
    128 * KIB,
    256 * KIB,
    256 * KIB,
  ]);
});

test("a small read brings a large window back to 512 bytes", () => {
  const window = new ReadWindow();
  for (let i = 0; i < 6; i++) {
    window.filled(window.room());
    window.consumed(window.end);
  }
  fill(window, [1]);
  window.consumed(window.end);
  assertEquals(window.room().length, 512);
});

test("a packet of any size gets a window that holds it", () => {
  const window = new ReadWindow();
  let pendingBytes = 0;
  while (pendingBytes < 1_000_000) {
    const room = window.room();
    window.filled(room);
    pendingBytes += room.length;
  }
  assertEquals(window.end - window.start, pendingBytes);
});
