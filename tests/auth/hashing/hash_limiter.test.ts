import { HashLimiter } from "../../../src/auth/hashing/hash_limiter.ts";
import { assertEquals } from "../../_assert.ts";

Deno.test("as many wait as get their turn in time, going by how long the last ones took", async () => {
  let nowMs = 0;
  const limiter = new HashLimiter(
    { maximumRunning: 2, maximumWaiting: 1_000, maximumWaitMs: 100 },
    () => nowMs,
  );
  // Each of these takes 50 ms.
  for (let i = 0; i < 200; i++) {
    await limiter.run(() => {
      nowMs += 50;
      return Promise.resolve();
    });
  }
  assertEquals(limiter.isFull, false);
  const ends = Array.from({ length: 7 }, () => Promise.withResolvers<void>());
  const runs: Promise<unknown>[] = [];
  const fullAt: boolean[] = [];
  for (const { promise } of ends) {
    fullAt.push(limiter.isFull);
    runs.push(limiter.run(() => promise));
  }
  // Two run and five wait, the last one for 125 ms: it was the last let in.
  assertEquals(fullAt, [false, false, false, false, false, false, false]);
  assertEquals(limiter.isFull, true);
  for (const { resolve } of ends) resolve();
  await Promise.all(runs);
  assertEquals(limiter.isFull, false);
});

Deno.test("a task that fails gives its place to the next", async () => {
  const limiter = new HashLimiter({
    maximumRunning: 1,
    maximumWaiting: 10,
    maximumWaitMs: Infinity,
  });
  const order: string[] = [];
  const fail = limiter.run(() => Promise.reject(new Error("no"))).catch(() =>
    order.push("failed")
  );
  const next = limiter.run(() => Promise.resolve(order.push("ran")));
  await Promise.all([fail, next]);
  assertEquals(order.sort(), ["failed", "ran"]);
});

Deno.test("a task that is needless when its turn comes is left out", async () => {
  const limiter = new HashLimiter({
    maximumRunning: 1,
    maximumWaiting: 10,
    maximumWaitMs: Infinity,
  });
  const end = Promise.withResolvers<void>();
  let isNeedless = false;
  const answers = [
    limiter.run(() => end.promise),
    limiter.run(() => Promise.resolve("ran"), () => isNeedless),
    limiter.run(() => Promise.resolve("ran"), () => false),
  ];
  isNeedless = true;
  end.resolve();
  assertEquals(await Promise.all(answers), [undefined, null, "ran"]);
});
