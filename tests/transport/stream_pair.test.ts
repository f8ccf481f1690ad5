import { assertEquals, assertRejects } from "../_assert.ts";
import { ReadWindow } from "../../src/transport/read_window.ts";
import { makeStreamPair } from "../../src/transport/stream_pair.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

/** What is in the window, which is empty afterwards. */
function take(window: ReadWindow): number[] {
  const taken = [...window.bytes.subarray(window.start, window.end)];
  window.consumed(window.end);
  return taken;
}

Deno.test("What one end writes the other reads, and only then the write is over", async () => {
  const [one, other] = makeStreamPair("192.0.2.1:5");
  assertEquals([one.remoteAddress, other.remoteAddress], [
    "192.0.2.1:5",
    "192.0.2.1:5",
  ]);
  const window = new ReadWindow();
  let isTaken = false;
  const writing = one.write(bytes(1, 2)).then(() => isTaken = true);
  await Promise.resolve();
  assertEquals(isTaken, false);
  assertEquals(await other.read(window), true);
  await writing;
  assertEquals(take(window), [1, 2]);
  const reading = one.read(window);
  await other.write(bytes(3));
  assertEquals([await reading, take(window)], [true, [3]]);
});

Deno.test("After the end of one side the other reads what is left, then no more", async () => {
  const [one, other] = makeStreamPair("a");
  const window = new ReadWindow();
  const writing = one.write(bytes(1));
  await one.closeWrite();
  assertEquals(await other.read(window), true);
  await writing;
  assertEquals(await other.read(window), false);
  // The other direction is still open.
  const answer = other.write(bytes(2));
  assertEquals([await one.read(window), take(window)], [true, [1, 2]]);
  await answer;
});

Deno.test("Closing ends reads and writes of both sides", async () => {
  const [one, other] = makeStreamPair("a");
  const window = new ReadWindow();
  const writing = assertRejects(() => other.write(bytes(1)), Error, "closed");
  one.close();
  await writing;
  assertEquals(await other.read(window), false);
  await assertRejects(() => one.read(window), Error, "closed");
  await assertRejects(() => one.write(bytes(1)), Error, "closed");
  await assertRejects(() => other.write(bytes(1)), Error, "closed");
  one.close();
  other.close();
});
