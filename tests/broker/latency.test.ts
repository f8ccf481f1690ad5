import { Histogram } from "../../src/broker/mod.ts";
import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { LASTING, storeTest } from "./_gated_store.ts";
import { brokerTest } from "./_harness.ts";

/** How many values there were, and their sum in milliseconds. */
function summaryOf(histogram: Histogram): [number, number] {
  return [histogram.count, Math.round(histogram.sum * 1_000)];
}

for (const qos of [0, 1, 2] as const) {
  brokerTest(
    `a QoS ${qos} message is on its way until its receiver has taken it`,
    (test) => {
      const subscriber = test.connect("s");
      subscriber.subscribe({ topicFilter: "t", qos });
      const publisher = test.connect("p");
      subscriber.transport.isStuck = true;
      publisher.publish("t", "1", { qos });
      test.advance(30);
      const { deliverySeconds } = test.broker.statistics;
      assertEquals(summaryOf(deliverySeconds), [0, 0]);
      subscriber.transport.isStuck = false;
      test.tasks.run();
      assertEquals(summaryOf(deliverySeconds), [1, 30]);
    },
  );
}

brokerTest(
  "the time in the queue of a connected client counts, that without one does not",
  (test) => {
    const { deliverySeconds } = test.broker.statistics;
    const fields = {
      cleanStart: false,
      properties: { receiveMaximum: 1, sessionExpiryInterval: 100 },
    };
    let subscriber = test.connect("s", fields);
    subscriber.subscribe({ topicFilter: "t", qos: 1 });
    const publisher = test.connect("p");
    publisher.exchange("t", "1", { qos: 1 });
    publisher.exchange("t", "2", { qos: 1 });
    test.advance(40);
    assertEquals(summaryOf(deliverySeconds), [1, 0]);
    subscriber.drain();
    assertEquals(summaryOf(deliverySeconds), [2, 40]);
    subscriber.disconnect();
    publisher.exchange("t", "3", { qos: 1 });
    test.advance(50);
    subscriber = test.connect("s", fields);
    assertEquals(subscriber.drain().length, 1);
    assertEquals(summaryOf(deliverySeconds), [2, 40]);
  },
);

brokerTest("what is retained is not late when it is sent again", (test) => {
  const publisher = test.connect("p");
  const qos = 1;
  publisher.exchange("t", "1", { qos, isRetained: true });
  test.advance(60);
  const subscriber = test.connect("s");
  subscriber.subscribe({ topicFilter: "t", qos });
  assertEquals(subscriber.drain().length, 1);
  assertEquals(summaryOf(test.broker.statistics.deliverySeconds), [0, 0]);
});

brokerTest("an answer is on its way until the publisher has it", (test) => {
  const publisher = test.connect("p");
  publisher.transport.isStuck = true;
  publisher.publish("t", "1", { qos: 1 });
  test.advance(20);
  publisher.transport.isStuck = false;
  test.tasks.run();
  publisher.take();
  const { acknowledgementSeconds } = test.broker.statistics;
  assertEquals(summaryOf(acknowledgementSeconds), [1, 20]);
});

storeTest("an answer waits for the store", ({ test, commit, connect }) => {
  const subscriber = connect("s", LASTING);
  subscriber.send({
    type: PacketType.subscribe,
    packetIdentifier: 1,
    subscriptions: [{
      topicFilter: "t",
      qos: 1,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    }],
    properties: {},
  });
  commit();
  subscriber.take();
  const publisher = connect("p");
  publisher.publish("t", "1", { qos: 1 });
  const { acknowledgementSeconds } = test.broker.statistics;
  test.advance(70);
  assertEquals(summaryOf(acknowledgementSeconds), [0, 0]);
  commit();
  assertEquals(summaryOf(acknowledgementSeconds), [1, 70]);
});
