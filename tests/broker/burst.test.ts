import { assertEquals } from "../_assert.ts";
import {
  assertDisconnected,
  brokerTest,
  publishPacket,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** Two clients, one that subscribes to everything at QoS 2 and one that publishes. */
function setUp(
  test: TestBroker,
): { subscriber: TestClient; publisher: TestClient } {
  const subscriber = test.connect("subscriber");
  subscriber.subscribe({ topicFilter: "#", qos: 2 });
  return { subscriber, publisher: test.connect("publisher") };
}

for (const version of [4, 5] as const) {
  brokerTest(
    `version ${version}: a burst of QoS 0 messages arrives whole, in order ` +
      "and at every kind of receiver",
    (test) => {
      const fields = { protocolVersion: version };
      const subscribers = [
        test.connect("same", fields),
        test.connect("other", { protocolVersion: version === 4 ? 5 : 4 }),
        test.connect("aliases", { properties: { topicAliasMaximum: 1 } }),
      ];
      for (const subscriber of subscribers) subscriber.subscribe("t/+");
      const publisher = test.connect("publisher", fields);
      const topics = ["t/1", "t/1", "t/22", "t/1", "t/1", "other", "t/1"];
      const bytes = topics.map((topicName, i) =>
        publisher.encode(publishPacket(topicName, `${i}`.repeat(i * 40)))
      );
      publisher.sendBytes(...bytes);
      for (const subscriber of subscribers) {
        assertEquals(
          subscriber.payloads(),
          [0, 1, 2, 3, 4, 6].map((i) => `${i}`.repeat(i * 40)),
        );
      }
      assertEquals(test.broker.statistics.publishReceived, 7);
      assertEquals(test.broker.statistics.publishSent, 18);
      assertEquals(
        test.broker.statistics.bytesReceived > bytes.flatMap((b) => [...b])
          .length,
        true,
      );
    },
  );
}

brokerTest(
  "a burst in front of a faulty packet is delivered",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    publisher.sendBytes(
      publisher.encode(publishPacket("t", "1")),
      publisher.encode(publishPacket("t", "2")),
      new Uint8Array([0x30, 0x80, 0x00]),
    );
    assertDisconnected(publisher, 0x81);
    assertEquals(subscriber.payloads(), ["1", "2"]);
  },
);

brokerTest(
  "a burst with an incomplete last packet waits for the rest of it",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    const last = publisher.encode(publishPacket("t", "3"));
    publisher.sendBytes(
      publisher.encode(publishPacket("t", "1")),
      publisher.encode(publishPacket("t", "2")),
      last.slice(0, 4),
    );
    assertEquals(subscriber.payloads(), ["1", "2"]);
    publisher.sendBytes(last.slice(4));
    assertEquals(subscriber.payloads(), ["3"]);
  },
);

brokerTest(
  "a payload over the maximum is refused in a burst as well",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    publisher.send(
      publishPacket("t", "1"),
      publishPacket("t", "123456"),
      publishPacket("t", "2"),
    );
    assertEquals(subscriber.payloads(), ["1", "2"]);
    assertEquals(test.drops, { refused: 1 });
    assertEquals(test.broker.statistics.publishReceived, 3);
  },
  { limits: { maximumPayloadBytes: 5 } },
);
