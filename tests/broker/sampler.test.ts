import { Sampler } from "../../src/broker/mod.ts";
import { assert, assertEquals } from "../_assert.ts";

const START_MS = 1_000_000;
const SAMPLE = { clientIdentifier: "c", topicName: "t", sizeBytes: 10 };

/** Lets `perSecond` messages a second pass for `seconds`; returns how many were looked at. */
function load(
  sampler: Sampler,
  perSecond: number,
  { from, seconds }: { from: number; seconds: number },
): number {
  let taken = 0;
  for (let i = 0; i < perSecond * seconds; i++) {
    if (--sampler.countdown > 0) continue;
    sampler.take(from + i * 1_000 / perSecond, SAMPLE);
    taken++;
  }
  return taken;
}

Deno.test({
  name: "few messages are all looked at, many only at a bounded rate",
  permissions: "none",
  fn() {
    const sampler = new Sampler();
    assertEquals(load(sampler, 100, { from: START_MS, seconds: 5 }), 500);
    const taken = load(sampler, 200_000, {
      from: START_MS + 5_000,
      seconds: 5,
    });
    assert(taken < 10_000, `${taken} of 1,000,000 were looked at`);
    assert(taken > 1_000, `only ${taken} were looked at`);
    const nowMs = START_MS + 60_000;
    load(sampler, 100, { from: nowMs, seconds: 20 });
    assertEquals(load(sampler, 100, { from: nowMs + 20_000, seconds: 5 }), 500);
  },
});

Deno.test({
  name: "what is looked at stands for all that passed",
  permissions: "none",
  fn() {
    const sampler = new Sampler();
    load(sampler, 50_000, { from: START_MS, seconds: 100 });
    const [topic] = sampler.topics.top(1, START_MS + 100_000);
    const [client] = sampler.clients.top(1, START_MS + 100_000);
    assertEquals([topic.key, client.key], ["t", "c"]);
    for (const { messagesPerSecond, bytesPerSecond } of [topic, client]) {
      assert(
        Math.abs(messagesPerSecond - 50_000) < 5_000,
        `${messagesPerSecond} messages a second`,
      );
      assert(
        Math.abs(bytesPerSecond - 500_000) < 50_000,
        `${bytesPerSecond} bytes a second`,
      );
    }
  },
});
