import { HeavyHitters } from "../../src/broker/mod.ts";
import { assert, assertEquals } from "../_assert.ts";

const START_MS = 1_000_000;

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("the busiest keys come first, with their rates", () => {
  const hitters = new HeavyHitters(10);
  // Twenty times as long as a key is remembered: the rates have settled.
  for (let second = 0; second < 200; second++) {
    const nowMs = START_MS + second * 1_000;
    hitters.add("often", 300, 3_000, nowMs);
    hitters.add("seldom", 20, 40, nowMs);
  }
  const [often, seldom] = hitters.top(2, START_MS + 200_000);
  assertEquals([often.key, seldom.key], ["often", "seldom"]);
  assertNear(often.messagesPerSecond, 300);
  assertNear(often.bytesPerSecond, 3_000);
  assertNear(seldom.messagesPerSecond, 20);
  assertNear(seldom.bytesPerSecond, 40);
  assertEquals(hitters.top(1, START_MS + 200_000).length, 1);
});

/** Keys fade once a second, so a rate is right within half of that. */
function assertNear(actual: number, expected: number): void {
  assert(
    Math.abs(actual - expected) < expected * 0.06,
    `${actual} is not about ${expected}`,
  );
}

test("a busy key is found among many times more than are remembered", () => {
  const hitters = new HeavyHitters(20);
  for (let i = 0; i < 50_000; i++) {
    const key = i % 10 === 0 ? "busy" : `other ${i}`;
    hitters.add(key, 1, 10, START_MS + i / 100);
  }
  const top = hitters.top(50, START_MS + 500);
  assertEquals(top[0].key, "busy");
  assert(top.length <= 20, `${top.length} keys were kept`);
  // What the others have inherited from each other is not told as theirs.
  for (const { key, messagesPerSecond } of top.slice(1)) {
    assert(messagesPerSecond < 1, `${key} has ${messagesPerSecond}`);
  }
});

test("a key that falls silent is forgotten", () => {
  const hitters = new HeavyHitters(10);
  hitters.add("a", 1_000, 10, START_MS);
  assertEquals(hitters.top(10, START_MS + 10_000).length, 1);
  assertEquals(hitters.top(10, START_MS + 200_000).length, 0);
});

test("long keys are cut", () => {
  const hitters = new HeavyHitters(10);
  hitters.add("x".repeat(65_535), 100, 10, START_MS);
  assertEquals(hitters.top(1, START_MS)[0].key, "x".repeat(255) + "…");
});
