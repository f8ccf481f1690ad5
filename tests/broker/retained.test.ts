import { PacketType, type PublishPacket } from "../../src/codec/mod.ts";
import { assert, assertEquals, assertLess } from "../_assert.ts";
import {
  brokerTest,
  payloadOf,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

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

/** Retains the texts "0" to "{count - 1}" under "r/0" to "r/{count - 1}". */
function retainMany(test: TestBroker, count: number, qos: 0 | 1 = 0): string[] {
  const publisher = test.connect("many");
  const texts = Array.from({ length: count }, (_, i) => `${i}`);
  publisher.send(
    ...texts.map((text) =>
      publisher.publication(`r/${text}`, text, { isRetained: true, qos })
    ),
  );
  publisher.disconnect();
  return texts;
}

function sorted(packets: PublishPacket[]): string[] {
  return packets.map(payloadOf).sort((a, b) => Number(a) - Number(b));
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
    publisher.publish("a", "", { isRetained: true });
    assertEquals(retain("c", "1"), 0x10);
    assertEquals(payloadsFor(test, "#"), ["1", "2"]);
    assertEquals(test.drops, { refused: 2 });
    assertEquals(test.observer.ofKind("request refused").length, 1);
  },
  { limits: { maximumRetainedMessages: 2, maximumRetainedBytes: 1_024 } },
);

brokerTest(
  "a retained message with too many levels is refused, a live one passes",
  (test) => {
    const live = test.connect("live");
    live.subscribe("#");
    const publisher = test.connect("publisher");
    const fields = { isRetained: true, qos: 1 } as const;
    assertEquals(publisher.exchange("a/b/c", "1", fields), 0);
    assertEquals(publisher.exchange("a/b/c/d", "2", fields), 0x90);
    publisher.publish("a/b/c/d", "3");
    assertEquals(live.payloads(), ["1", "3"]);
    assertEquals(test.broker.retained.count, 1);
  },
  { limits: { maximumTopicLevels: 3 } },
);

brokerTest(
  "a slow client gets all of many retained messages, a part at a time",
  (test) => {
    const texts = retainMany(test, 2_000);
    const client = test.connect("c");
    client.transport.isStuck = true;
    client.send({ type: PacketType.pingreq });
    client.publish("x", "");
    const connection = client.transport.connection!;
    const subscribed = client.encode({
      type: PacketType.subscribe,
      packetIdentifier: 1,
      subscriptions: [{
        topicFilter: "#",
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      }],
      properties: {},
    });
    client.sendBytes(subscribed);
    assertLess(connection.pendingBytes, 2_048);
    client.transport.isStuck = false;
    test.tasks.run();
    client.next(PacketType.pingresp);
    client.next(PacketType.suback);
    assertEquals(sorted(client.publishes()), texts);
    assertEquals(test.drops, {});
  },
  { limits: { outputSoftLimitBytes: 1_024, outputHardLimitBytes: 4_096 } },
);

brokerTest(
  "many retained messages at QoS 1 come as fast as they are acknowledged " +
    "[MQTT-3.3.4-9]",
  (test) => {
    const texts = retainMany(test, 300, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 7 } });
    client.subscribe({ topicFilter: "r/+", qos: 1 });
    const first = client.publishes();
    assertEquals(first.length, 7);
    client.acknowledge(...first);
    assertEquals(sorted([...first, ...client.drain()]), texts);
  },
);

brokerTest(
  "the retained messages that a client left open come on its next connection",
  (test) => {
    const texts = retainMany(test, 30, 1);
    const fields = {
      cleanStart: false,
      properties: { receiveMaximum: 10, sessionExpiryInterval: 100 },
    };
    const client = test.connect("c", fields);
    client.subscribe({ topicFilter: "r/+", qos: 1 });
    assertEquals(client.publishes().length, 10);
    client.drop();
    assertEquals(sorted(test.connect("c", fields).drain()), texts);
  },
);

brokerTest(
  "UNSUBSCRIBE stops the retained messages that are still to come " +
    "[MQTT-3.10.4-2]",
  (test) => {
    retainMany(test, 30, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 10 } });
    client.subscribe({ topicFilter: "r/+", qos: 1 });
    const first = client.publishes();
    client.unsubscribe("r/+");
    client.acknowledge(...first);
    assertEquals(client.take(), []);
  },
);

brokerTest(
  "retained messages that change while they are sent come as they are then",
  (test) => {
    const texts = retainMany(test, 30, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 10 } });
    client.subscribe({ topicFilter: "r/+", qos: 1, retainHandling: 0 });
    const first = client.publishes();
    const seen = new Set(first.map(payloadOf));
    const [removed, replaced] = texts.filter((text) => !seen.has(text));
    client.unsubscribe("x");
    const publisher = test.connect("publisher");
    const live: TestClient = test.connect("live");
    live.subscribe("none");
    publisher.publish(`r/${removed}`, "", { isRetained: true });
    publisher.publish(`r/${replaced}`, "1000", { isRetained: true });
    client.acknowledge(...first);
    const rest = client.drain();
    const retained = [...first, ...rest].filter(({ isRetained }) => isRetained);
    assertEquals(
      sorted(retained),
      texts.filter((text) => text !== removed)
        .map((text) => text === replaced ? "1000" : text)
        .sort((a, b) => Number(a) - Number(b)),
    );
  },
);

brokerTest(
  "a long search ends with its connection",
  (test) => {
    retainMany(test, 5_000);
    const client = test.connect("c");
    client.subscribe("r/+/x");
    client.disconnect();
    test.advance(1_000);
    assertEquals(test.broker.timers.size, 0);
  },
);

brokerTest(
  "a long search for retained messages lets others go in between",
  (test) => {
    retainMany(test, 5_000);
    const publisher = test.connect("publisher");
    publisher.publish("r/last/x", "found", { isRetained: true });
    const client = test.connect("c");
    client.subscribe("r/+/x");
    let turns = 0;
    while (client.inbox.length === 0) {
      assert(test.clock.alarmAtMs < Infinity, "nothing goes on");
      test.advance(test.clock.alarmAtMs - test.clock.nowMs());
      turns++;
    }
    assertEquals(client.payloads(), ["found"]);
    assert(turns > 1, "it was one search");
  },
);

brokerTest(
  "a repeated SUBSCRIBE begins anew with the retained messages, and what it " +
    "replaces is forgotten [MQTT-3.8.4-3] [MQTT-3.8.4-4]",
  (test) => {
    const texts = retainMany(test, 30, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 1 } });
    const session = test.broker.sessions.get("c")!;
    for (let i = 0; i < 5; i++) {
      client.send({
        type: PacketType.subscribe,
        packetIdentifier: i + 1,
        subscriptions: [{
          topicFilter: "r/+",
          qos: 1,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
        }],
        properties: {},
      });
      assertEquals(session.retainedReplays.length, 1);
    }
    const [message, ...subacks] = client.take()
      .sort((a, b) => a.type - b.type) as [PublishPacket];
    assertEquals(subacks.length, 5);
    client.acknowledge(message);
    assertEquals(sorted(client.drain()), texts);
  },
);
