import { Histogram } from "../../src/broker/mod.ts";
import { History } from "../../src/admin/monitor/history.ts";
import { percentile } from "../../src/admin/monitor/mod.ts";
import { TotalsReader } from "../../src/admin/monitor/totals.ts";
import { assert, assertEquals } from "../_assert.ts";
import { brokerTest, publishPacket } from "../broker/_harness.ts";

Deno.test("a percentile is found in its bucket, between the bounds", () => {
  const bounds = [1, 2, 4];
  assertEquals(percentile([0, 0, 0, 0], bounds, 0.5), null);
  assertEquals(percentile([10, 0, 0, 0], bounds, 0.5), 0.5);
  assertEquals(percentile([0, 10, 0, 0], bounds, 0.5), 1.5);
  assertEquals(percentile([5, 0, 5, 0], bounds, 0.5), 1);
  assertEquals(percentile([5, 0, 5, 0], bounds, 0.75), 3);
  assertEquals(percentile([0, 0, 0, 3], bounds, 0.99), 4);
});

brokerTest("a sample tells what happened in its second", (test) => {
  const history = new History({
    broker: test.broker,
    eventLoopSeconds: new Histogram(),
    cpuSeconds: () => 0,
  });
  const client = test.connect("c");
  client.subscribe("t");
  history.take();
  for (let i = 0; i < 6; i++) client.send(publishPacket("t", `${i}`));
  test.advance(2_000);
  history.take();
  const [, sample] = history.since(0);
  assertEquals(
    [
      sample.sequence,
      sample.clients,
      sample.messagesReceivedPerSecond,
      sample.messagesSentPerSecond,
      sample.droppedPerSecond,
    ],
    [2, 1, 3, 3, 0],
  );
  assert(sample.deliveryP50Seconds !== null);
  assertEquals(history.since(1), [sample]);
  assertEquals(history.since(2), []);
});

brokerTest("the history forgets what is older than ten minutes", (test) => {
  const history = new History({
    broker: test.broker,
    eventLoopSeconds: new Histogram(),
    cpuSeconds: () => 0,
  });
  for (let i = 0; i < 700; i++) history.take();
  assertEquals(history.since(0).length, 600);
  assertEquals(history.since(0)[0].sequence, 101);
  assertEquals(history.since(695).length, 5);
});

brokerTest("the totals add up what all sessions hold", (test) => {
  const away = test.connect("away", {
    properties: { sessionExpiryInterval: 100 },
  });
  away.subscribe({ topicFilter: "t", qos: 1 });
  away.disconnect();
  const near = test.connect("near");
  near.subscribe({ topicFilter: "t", qos: 1 });
  const publisher = test.connect("p");
  publisher.exchange("t", "12345", { qos: 1 });
  const totals = new TotalsReader(test.broker).read();
  assertEquals(
    [
      totals.sessions,
      totals.queuedMessages,
      totals.queuedBytes,
      totals.inflightMessages,
      totals.slowConsumers,
    ],
    [3, 1, 6, 1, 0],
  );
});
