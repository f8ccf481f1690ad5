import fc from "fast-check";
import { type Delivery, DeliveryQueue } from "../../src/session/mod.ts";
import { assertEquals, assertStrictEquals } from "../_assert.ts";
import { delivery } from "./_deliveries.ts";

const permissions = "none";

function contentsOf(queue: DeliveryQueue): Delivery[] {
  const contents: Delivery[] = [];
  queue.forEach((delivery) => contents.push(delivery));
  return contents;
}

function assertHolds(queue: DeliveryQueue, model: readonly Delivery[]): void {
  const contents = contentsOf(queue);
  assertEquals(contents.length, model.length);
  for (let i = 0; i < model.length; i++) {
    assertStrictEquals(contents[i], model[i]);
  }
  assertEquals(queue.length, model.length);
  assertEquals(
    queue.sizeBytes,
    model.reduce((sum, { message }) => sum + message.sizeBytes, 0),
  );
  assertEquals(
    queue.qos0Count,
    model.filter(({ qos }) => qos === 0).length,
  );
  assertStrictEquals(queue.peek(), model[0] ?? null);
  assertEquals(
    queue.nextExpiryMs(),
    Math.min(Infinity, ...model.map(({ message }) => message.expiresAtMs)),
  );
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40).map((count) => ({ push: count })) },
  { weight: 5, arbitrary: fc.nat(50).map((count) => ({ shift: count })) },
  { weight: 1, arbitrary: fc.constant({ clear: true }) },
  { weight: 2, arbitrary: fc.nat(40).map((nowMs) => ({ expire: nowMs })) },
);

Deno.test({
  name: "the queue does what an array does",
  permissions,
  fn() {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new DeliveryQueue();
      let model: Delivery[] = [];
      for (const step of steps) {
        if ("push" in step) {
          for (let i = 0; i < step.push; i++) {
            const expiresAtMs = i % 4 === 0 ? Infinity : i;
            const pushed = delivery(1 + (i % 5), i % 3, expiresAtMs);
            queue.push(pushed);
            model.push(pushed);
          }
        } else if ("shift" in step) {
          for (let i = 0; i < step.shift; i++) {
            assertStrictEquals(queue.shift(), model.shift() ?? null);
          }
        } else if ("expire" in step) {
          const isExpired = ({ message }: Delivery) =>
            message.expiresAtMs <= step.expire;
          assertEquals(
            queue.removeExpired(step.expire),
            model.filter(isExpired),
          );
          model = model.filter((each) => !isExpired(each));
        } else {
          queue.clear();
          model = [];
        }
        assertHolds(queue, model);
      }
    }));
  },
});

Deno.test({
  name: "thousands of deliveries come out in the order they went in",
  permissions,
  fn() {
    const queue = new DeliveryQueue();
    const all = Array.from({ length: 3_000 }, () => delivery());
    for (let round = 0; round < 2; round++) {
      for (const one of all) queue.push(one);
      for (const one of all) assertStrictEquals(queue.shift(), one);
      assertHolds(queue, []);
    }
  },
});

Deno.test({
  name: "a new queue is empty, and so is one that was cleared",
  permissions,
  fn() {
    const queue = new DeliveryQueue();
    assertHolds(queue, []);
    assertEquals(queue.shift(), null);
    queue.push(delivery(5));
    queue.clear();
    assertHolds(queue, []);
    assertEquals(queue.shift(), null);
  },
});
