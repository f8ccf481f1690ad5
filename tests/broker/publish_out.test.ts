import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { brokerTest, payloadOf } from "./_harness.ts";
import {
  lasting,
  publishAll,
  setUp,
  takeDescribed,
  windowOf,
} from "./_lasting.ts";

brokerTest(
  "QoS 1: the message has an identifier until PUBACK [MQTT-4.3.2-1] " +
    "[MQTT-4.3.2-2] [MQTT-4.3.2-3]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "ab");
    const [first, second] = client.publishes();
    assertEquals([first.qos, first.isDuplicate], [1, false]);
    assertEquals([first, second].map((p) => p.packetIdentifier), [1, 2]);
    client.acknowledge(second, first);
    assertEquals(client.take(), []);
    assertEquals(windowOf(test), [0, 0]);
  },
);

brokerTest(
  "QoS 2: PUBREC is answered by PUBREL, and PUBCOMP ends it " +
    "[MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-4] [MQTT-4.3.3-5]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "a", 2);
    const { qos, packetIdentifier } = client.next(PacketType.publish);
    assertEquals(qos, 2);
    // PUBCOMP before PUBREC means nothing.
    client.answer(PacketType.pubcomp, packetIdentifier);
    assertEquals(windowOf(test), [1, 0]);
    client.answer(PacketType.pubrec, packetIdentifier);
    assertEquals(client.nextAnswer(PacketType.pubrel, packetIdentifier), 0);
    assertEquals(windowOf(test), [1, 0]);
    client.answer(PacketType.pubcomp, packetIdentifier);
    assertEquals(client.take(), []);
    assertEquals(windowOf(test), [0, 0]);
  },
);

brokerTest(
  "a repeated PUBREC gets another PUBREL",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "a", 2);
    client.take();
    for (let i = 0; i < 2; i++) {
      client.answer(PacketType.pubrec, 1);
      assertEquals(client.nextAnswer(PacketType.pubrel, 1), 0);
    }
  },
);

brokerTest(
  "a PUBREC with an unknown identifier gets PUBREL 0x92, an unknown PUBACK " +
    "or PUBCOMP nothing [MQTT-4.3.3-4]",
  (test) => {
    const client = test.connect("c");
    client.answer(PacketType.pubrec, 7);
    assertEquals(client.nextAnswer(PacketType.pubrel, 7), 0x92);
    client.answer(PacketType.puback, 7);
    client.answer(PacketType.pubcomp, 7);
    assertEquals(client.take(), []);
    assertEquals(client.isClosed, false);
  },
);

brokerTest(
  "an acknowledgement of the other QoS settles nothing",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "a", 1);
    publishAll(publisher, "b", 2);
    client.take();
    client.answer(PacketType.pubrec, 1);
    assertEquals(client.nextAnswer(PacketType.pubrel, 1), 0x92);
    client.answer(PacketType.puback, 2);
    assertEquals(windowOf(test), [2, 0]);
  },
);

brokerTest(
  "a PUBACK or PUBREC of 0x80 or above settles the message for good " +
    "[MQTT-4.4.0-2] [MQTT-4.3.3-4]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "a", 1);
    publishAll(publisher, "b", 2);
    client.take();
    client.answer(PacketType.puback, 1, 0x83);
    client.answer(PacketType.pubrec, 2, 0x83);
    assertEquals(client.take(), []);
    assertEquals(windowOf(test), [0, 0]);
    client.drop();
    assertEquals(test.connect("c", lasting()).take(), []);
  },
);

brokerTest(
  "no more messages are open than the client's Receive Maximum allows " +
    "[MQTT-3.3.4-9] [MQTT-4.9.0-2]",
  (test) => {
    const { client, publisher } = setUp(test, lasting(2));
    publishAll(publisher, "ab", 1);
    publishAll(publisher, "cd", 2);
    publishAll(publisher, "e", 1);
    const open = client.publishes();
    assertEquals(open.map(payloadOf), ["a", "b"]);
    client.acknowledge(open[1]);
    const [c] = client.publishes();
    assertEquals(payloadOf(c), "c");
    // PUBREC alone makes no room.
    client.answer(PacketType.pubrec, c.packetIdentifier);
    client.nextAnswer(PacketType.pubrel, c.packetIdentifier);
    assertEquals(client.take(), []);
    client.answer(PacketType.pubcomp, c.packetIdentifier);
    const [d] = client.publishes();
    assertEquals(payloadOf(d), "d");
    client.answer(PacketType.pubrec, d.packetIdentifier, 0x80);
    assertEquals(client.payloads(), ["e"]);
  },
);

brokerTest(
  "the broker opens no more messages than its own maximum, for 3.1.1 too",
  (test) => {
    for (const protocolVersion of [4, 5] as const) {
      const { client, publisher } = setUp(test, { protocolVersion });
      publishAll(publisher, "abcd");
      assertEquals(client.publishes().length, 3);
    }
  },
  { limits: { maximumInflightMessages: 3 } },
);

brokerTest(
  "at the Receive Maximum everything but messages of QoS 1 and 2 goes on " +
    "[MQTT-3.3.4-10] [MQTT-4.9.0-3]",
  (test) => {
    const { client, publisher } = setUp(test, lasting(1));
    publishAll(publisher, "ab", 2);
    client.take();
    client.send({ type: PacketType.pingreq });
    client.next(PacketType.pingresp);
    client.subscribe("u");
    publisher.publish("u", "QoS 0");
    assertEquals(client.payloads(), ["QoS 0"]);
    assertEquals(client.exchange("v", "", { qos: 2 }), 0x10);
  },
);

brokerTest(
  "messages wait their turn and come in order [MQTT-4.6.0-5]",
  (test) => {
    const { client, publisher } = setUp(test, lasting(3));
    const texts = "abcdefghijklmnopqrstuvwxyz";
    publishAll(publisher, texts.slice(0, 13), 1);
    publishAll(publisher, texts.slice(13), 2);
    assertEquals(client.drain().map(payloadOf), [...texts]);
    assertEquals(windowOf(test), [0, 0]);
  },
);

brokerTest(
  "a message does not overtake those that wait",
  (test) => {
    const { client, publisher } = setUp(test, lasting(1));
    publishAll(publisher, "abc");
    client.acknowledge(client.publishes()[0]);
    publishAll(publisher, "d");
    assertEquals(client.drain().map(payloadOf), ["b", "c", "d"]);
  },
);

brokerTest(
  "messages for an absent client wait within the bounds, QoS 0 only if the " +
    "configuration says so",
  (test) => {
    const { client, publisher } = setUp(test);
    client.drop();
    publishAll(publisher, "a", 0);
    publishAll(publisher, "bcd", 1);
    assertEquals(windowOf(test), [0, 2]);
    assertEquals(test.drops, { offline_qos0: 1, queue_full: 1 });
    const again = test.connect("c", lasting());
    assertEquals(again.payloads(), ["b", "c"]);
  },
  { limits: { maximumQueuedMessages: 2 } },
);

brokerTest(
  "QoS 0 messages are queued for an absent client and sent once",
  (test) => {
    const { client, publisher } = setUp(test);
    client.drop();
    publishAll(publisher, "a", 0);
    publishAll(publisher, "b", 1);
    publishAll(publisher, "c", 0);
    const again = test.connect("c", lasting());
    assertEquals(
      again.publishes().map((packet) => `${packet.qos}${payloadOf(packet)}`),
      ["0a", "1b", "0c"],
    );
    assertEquals(windowOf(test), [1, 0]);
    assertEquals(test.drops, {});
  },
  { limits: { queueQos0Messages: true } },
);

brokerTest(
  "a QoS 0 message does not overtake those that still wait [MQTT-4.6.0-5]",
  (test) => {
    const { client, publisher } = setUp(test, lasting(1));
    client.drop();
    publishAll(publisher, "ab", 1);
    publishAll(publisher, "cd", 0);
    const again = test.connect("c", lasting(1));
    const [a] = again.publishes();
    assertEquals(payloadOf(a), "a");
    publishAll(publisher, "ef", 0);
    assertEquals(again.take(), []);
    again.acknowledge(a);
    const [b] = again.publishes();
    assertEquals(payloadOf(b), "b");
    again.acknowledge(b);
    assertEquals(again.payloads(), ["c", "d", "e", "f"]);
    publishAll(publisher, "g", 0);
    assertEquals(again.payloads(), ["g"]);
  },
  { limits: { queueQos0Messages: true } },
);

brokerTest(
  "the bytes of a queue are bounded as well",
  (test) => {
    const { client, publisher } = setUp(test);
    client.drop();
    for (const payload of ["x".repeat(600), "y".repeat(600), "z"]) {
      publisher.publish("t", payload, { qos: 1 });
    }
    assertEquals(
      test.connect("c", lasting()).payloads(),
      ["x".repeat(600), "z"],
    );
    assertEquals(test.drops, { queue_full: 1 });
  },
  { limits: { maximumQueuedBytes: 1_024 } },
);

brokerTest(
  "one copy serves all receivers, each with its own identifier",
  (test) => {
    const { client, publisher } = setUp(test);
    const other = test.connect("other");
    other.subscribe([{ topicFilter: "u", qos: 1 }, {
      topicFilter: "t",
      qos: 1,
    }]);
    publisher.publish("u", "first", { qos: 1 });
    publishAll(publisher, "a", 1);
    assertEquals(takeDescribed(client), ["PUBLISH 1 a"]);
    assertEquals(takeDescribed(other), ["PUBLISH 1 first", "PUBLISH 2 a"]);
    const message = (name: string) =>
      test.broker.sessions.get(name)!.window.inOrder().at(-1)!.message;
    assertEquals(message("c").topicName, "t");
  },
);

brokerTest(
  "messages of the program itself reach subscribers and are counted",
  (test) => {
    const { client, publisher } = setUp(test);
    publisher.subscribe("t");
    const packet = publisher.publication("t", "text", {
      qos: 1,
      isRetained: true,
    });
    assertEquals(
      test.broker.publish(packet),
      { matchedCount: 2, acceptedCount: 2 },
    );
    test.tasks.run();
    assertEquals(takeDescribed(client), ["PUBLISH 1 text"]);
    assertEquals(publisher.publishes().map(({ qos }) => qos), [0]);
    assertEquals(test.broker.retained.count, 1);
    test.broker.publish({ ...packet, payload: new Uint8Array(0) });
    test.tasks.run();
    assertEquals(test.broker.retained.count, 0);
    assertEquals(
      test.broker.publish(publisher.publication("nobody", "")),
      { matchedCount: 0, acceptedCount: 0 },
    );
  },
);
