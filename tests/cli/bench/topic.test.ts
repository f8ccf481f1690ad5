import { Topic } from "../../../src/cli/bench/topic.ts";
import { assertEquals } from "../../_assert.ts";

Deno.test("a topic allows what its slowest subscriber leaves room for", () => {
  const topic = new Topic("t", 100);
  topic.receivers.push({ delivered: 50 }, { delivered: 20 });
  topic.sent = 60;
  assertEquals(topic.slowestDelivered(), 20);
  assertEquals(topic.allowance(), 60);
});

Deno.test("a topic without subscribers is bounded by its budget only", () => {
  const topic = new Topic("t", 10, 500);
  topic.sent = 100;
  assertEquals(topic.allowance(), 400);
  topic.release(5);
  assertEquals(topic.allowance(), 405);
  topic.stop();
  assertEquals(topic.allowance(), 0);
});

Deno.test("a topic never allows more than its budget", () => {
  const topic = new Topic("t", 100, 30);
  topic.receivers.push({ delivered: 0 });
  topic.sent = 25;
  assertEquals(topic.allowance(), 5);
});

Deno.test("forgiving what was lost opens the gap again", () => {
  const topic = new Topic("t", 10);
  const receiver = { delivered: 0 };
  topic.receivers.push(receiver);
  topic.sent = 10;
  let flushes = 0;
  topic.senders.push({ flush: () => flushes++ });
  assertEquals(topic.allowance(), 0);
  topic.forgive();
  assertEquals(topic.allowance(), 10);
  assertEquals(flushes, 1);
});

Deno.test("each wake begins with another publisher", () => {
  const topic = new Topic("t", 10);
  const order: string[] = [];
  topic.senders.push(
    { flush: () => order.push("a") },
    { flush: () => order.push("b") },
  );
  topic.wake();
  topic.wake();
  assertEquals(order, ["a", "b", "b", "a"]);
});
