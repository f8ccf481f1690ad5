import type { PublishPacket } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { brokerTest, payloadOf, type TestBroker } from "./_harness.ts";

/** What a new client gets for a subscription at QoS 2 to `topicFilter`. */
function retainedFor(test: TestBroker, topicFilter: string): PublishPacket[] {
  const client = test.connect("reader");
  client.subscribe({ topicFilter, qos: 2 });
  const packets = client.drain();
  client.disconnect();
  return packets;
}

function payloadsFor(test: TestBroker, topicFilter: string): string[] {
  return retainedFor(test, topicFilter).map(payloadOf).sort();
}

brokerTest(
  "a retained message is kept with its QoS and given to later subscribers " +
    "with RETAIN [MQTT-3.3.1-5] [MQTT-3.3.1-9] [3.1.1 MQTT-3.3.1-8]",
  (test) => {
    const publisher = test.connect("publisher");
    publisher.exchange("t", "old", { isRetained: true, qos: 1 });
    publisher.exchange("t", "text", { isRetained: true, qos: 2 });
    const [message, ...others] = retainedFor(test, "t");
    assertEquals(payloadOf(message), "text");
    assertEquals([message.qos, message.isRetained], [2, true]);
    assertEquals(message.isDuplicate, false);
    assertEquals(others, []);
    for (const protocolVersion of [3, 4] as const) {
      const client = test.connect("old", { protocolVersion });
      client.subscribe({ topicFilter: "t", qos: 1 });
      const [message] = client.publishes();
      assertEquals([message.qos, message.isRetained], [1, true]);
    }
  },
);

brokerTest(
  "a message without RETAIN changes nothing [MQTT-3.3.1-8]",
  (test) => {
    const publisher = test.connect("publisher");
    publisher.publish("t", "kept", { isRetained: true });
    publisher.publish("t", "passing");
    publisher.publish("t", "");
    publisher.publish("u", "passing");
    assertEquals(payloadsFor(test, "#"), ["kept"]);
  },
);

brokerTest(
  "an empty retained message removes the one there was, is passed on and not " +
    "kept [MQTT-3.3.1-6] [MQTT-3.3.1-7]",
  (test) => {
    const live = test.connect("live");
    live.subscribe({ topicFilter: "t", retainAsPublished: true });
    const publisher = test.connect("publisher");
    publisher.publish("t", "text", { isRetained: true });
    publisher.publish("t", "", { isRetained: true });
    assertEquals(live.payloads(), ["text", ""]);
    assertEquals(retainedFor(test, "t"), []);
    assertEquals(test.broker.retained.count, 0);
    assertEquals(test.broker.retained.sizeBytes, 0);
    // Removing what is not there is no error.
    publisher.publish("t", "", { isRetained: true });
  },
);

brokerTest(
  "Retain Handling 0 brings retained messages with each SUBSCRIBE " +
    "[MQTT-3.3.1-9] [MQTT-3.8.4-4]",
  (test) => {
    test.connect("publisher").publish("t", "text", { isRetained: true });
    const client = test.connect("c");
    for (let i = 0; i < 2; i++) {
      client.subscribe({ topicFilter: "t", retainHandling: 0 });
      assertEquals(client.payloads(), ["text"]);
    }
  },
);

brokerTest(
  "Retain Handling 1 brings them with a new subscription only " +
    "[MQTT-3.3.1-10]",
  (test) => {
    test.connect("publisher").publish("t", "text", { isRetained: true });
    const client = test.connect("c");
    for (const expected of [["text"], []]) {
      client.subscribe({ topicFilter: "t", retainHandling: 1 });
      assertEquals(client.payloads(), expected);
    }
    client.unsubscribe("t");
    client.subscribe({ topicFilter: "t", retainHandling: 1 });
    assertEquals(client.payloads(), ["text"]);
  },
);

brokerTest("Retain Handling 2 brings none [MQTT-3.3.1-11]", (test) => {
  test.connect("publisher").publish("t", "text", { isRetained: true });
  const client = test.connect("c");
  client.subscribe({ topicFilter: "t", retainHandling: 2 });
  assertEquals(client.take(), []);
});

brokerTest("a shared subscription brings no retained messages", (test) => {
  test.connect("publisher").publish("t", "text", { isRetained: true });
  const client = test.connect("c");
  client.subscribe("$share/g/t");
  assertEquals(client.take(), []);
});

brokerTest(
  "SUBACK comes before the retained messages, which have the Subscription " +
    "Identifier [MQTT-3.3.4-3]",
  (test) => {
    test.connect("publisher").publish("t", "text", { isRetained: true });
    const client = test.connect("c");
    // `subscribe` checks that SUBACK is the first packet.
    client.subscribe("t", { subscriptionIdentifiers: [5] });
    const [message] = client.publishes();
    assertEquals(message.properties.subscriptionIdentifiers, [5]);
  },
);

brokerTest(
  "filters with wildcards bring what matches [MQTT-4.7.2-1]",
  (test) => {
    const publisher = test.connect("publisher");
    for (const topicName of ["a", "a/b", "a/c", "b/b", "/b"]) {
      publisher.publish(topicName, topicName, { isRetained: true });
    }
    const packet = publisher.publication("$SYS/b", "", { isRetained: true });
    test.broker.publish({ ...packet, payload: new Uint8Array([0x24]) });
    assertEquals(payloadsFor(test, "a/#"), ["a", "a/b", "a/c"]);
    assertEquals(payloadsFor(test, "+/b"), ["/b", "a/b", "b/b"]);
    assertEquals(payloadsFor(test, "#"), ["/b", "a", "a/b", "a/c", "b/b"]);
    assertEquals(payloadsFor(test, "$SYS/+"), ["$"]);
  },
);

brokerTest(
  "overlapping subscriptions each bring their retained messages",
  (test) => {
    test.connect("publisher").publish("t", "text", { isRetained: true });
    const client = test.connect("c");
    client.subscribe(["t", "+"]);
    assertEquals(client.payloads(), ["text", "text"]);
  },
);

brokerTest(
  "the expiry of a retained message counts down to its removal " +
    "[MQTT-3.3.2-5] [MQTT-3.3.2-6]",
  (test) => {
    const properties = { messageExpiryInterval: 10 };
    const publisher = test.connect("publisher");
    publisher.publish("t", "text", { isRetained: true, properties });
    const remaining = () =>
      retainedFor(test, "t").map((packet) =>
        packet.properties.messageExpiryInterval
      );
    assertEquals(remaining(), [10]);
    test.advance(3_000);
    assertEquals(remaining(), [7]);
    assertEquals(remaining(), [7]);
    test.advance(6_999);
    assertEquals(remaining(), [1]);
    test.advance(1);
    assertEquals(remaining(), []);
    assertEquals(test.broker.retained.count, 0);
    assertEquals(test.broker.retained.sizeBytes, 0);
  },
);

brokerTest(
  "a new retained message brings its own expiry, or none",
  (test) => {
    const publisher = test.connect("publisher");
    const retain = (messageExpiryInterval?: number) =>
      publisher.publish("t", "text", {
        isRetained: true,
        properties: { messageExpiryInterval },
      });
    retain(10);
    retain(20);
    test.advance(19_999);
    assertEquals(test.broker.retained.count, 1);
    retain(undefined);
    assertEquals(test.broker.timers.size, 0);
    test.advance(1_000_000);
    assertEquals(payloadsFor(test, "t"), ["text"]);
    retain(10);
    publisher.publish("t", "", { isRetained: true });
    assertEquals(test.broker.timers.size, 0);
  },
);

brokerTest(
  "retained messages stay when their publisher's session ends " +
    "[3.1.1 MQTT-3.1.2-7]",
  (test) => {
    const publisher = test.connect("publisher");
    publisher.publish("t", "text", { isRetained: true });
    publisher.disconnect();
    assertEquals(test.broker.sessions.count, 0);
    assertEquals(payloadsFor(test, "t"), ["text"]);
  },
);

brokerTest(
  "a retained message over the bounds is refused, a replacement is not",
  (test) => {
    const publisher = test.connect("publisher");
    const retain = (topicName: string, payload: string) =>
      publisher.exchange(topicName, payload, { isRetained: true, qos: 1 });
    assertEquals(retain("a", "1"), 0x10);
    assertEquals(retain("b", "1"), 0x10);
    assertEquals(retain("c", "1"), 0x97);
    assertEquals(retain("b", "2"), 0x10);
    assertEquals(retain("b", "x".repeat(1_100)), 0x97);
    // The bytes of the message that is replaced do not count.
    for (const size of [600, 600, 1]) {
      assertEquals(retain("a", "1".repeat(size)), 0x10);
    }
    publisher.publish("a", "", { isRetained: true });
    assertEquals(retain("c", "1"), 0x10);
    assertEquals(payloadsFor(test, "#"), ["1", "2"]);
    assertEquals(test.drops, { refused: 2 });
    assertEquals(test.observer.ofKind("request refused").length, 1);
  },
  { limits: { maximumRetainedMessages: 2, maximumRetainedBytes: 1_024 } },
);

brokerTest(
  "a QoS 0 message that is too much to retain takes the old one with it " +
    "[3.1.1 MQTT-3.3.1-7]",
  (test) => {
    const publisher = test.connect("publisher", { protocolVersion: 4 });
    publisher.publish("a", "old", { isRetained: true });
    publisher.publish("a", "x".repeat(2_000), { isRetained: true });
    assertEquals(payloadsFor(test, "#"), []);
    assertEquals(test.broker.retained.count, 0);
  },
  { limits: { maximumRetainedBytes: 1_024 } },
);

brokerTest(
  "what the broker tells of itself takes nothing from what clients may retain",
  (test) => {
    const publisher = test.connect("publisher");
    const tell = (topic: string, text: string) =>
      test.broker.publish({
        ...publisher.publication(topic, text),
        isRetained: true,
      });
    for (let i = 0; i < 5; i++) tell(`$SYS/${i}`, "x".repeat(2_000));
    const retain = (topic: string, text: string) =>
      publisher.exchange(topic, text, { isRetained: true, qos: 1 });
    assertEquals(retain("a", "x".repeat(500)), 0x10);
    for (let i = 0; i < 5; i++) tell(`$SYS/${i}`, i < 3 ? "" : "x");
    assertEquals(retain("b", "1"), 0x10);
    assertEquals(retain("c", "1"), 0x97);
    assertEquals(retain("b", "x".repeat(600)), 0x97);
    assertEquals(test.broker.retained.count, 4);
  },
  { limits: { maximumRetainedMessages: 2, maximumRetainedBytes: 1_024 } },
);
