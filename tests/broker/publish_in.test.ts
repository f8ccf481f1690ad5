import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  assertClosedSilently,
  assertDisconnected,
  brokerTest,
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

brokerTest(
  "PUBLISH at QoS 0 is not answered [MQTT-3.3.4-1]",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    publisher.publish("t", "text");
    assertEquals(publisher.take(), []);
    assertEquals(subscriber.payloads(), ["text"]);
  },
);

brokerTest(
  "PUBLISH at QoS 1 is answered by PUBACK with its identifier " +
    "[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-2.2.1-5]",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    publisher.publish("t", "text", { qos: 1, packetIdentifier: 65_535 });
    assertEquals(publisher.nextAnswer(PacketType.puback, 65_535), 0);
    assertEquals(publisher.take(), []);
    assertEquals(subscriber.payloads(), ["text"]);
  },
);

brokerTest(
  "a QoS 1 identifier is free after PUBACK, whatever DUP says " +
    "[MQTT-4.3.2-5]",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    for (const isDuplicate of [false, true]) {
      publisher.publish("t", "text", {
        qos: 1,
        packetIdentifier: 1,
        isDuplicate,
      });
    }
    assertEquals(subscriber.payloads(), ["text", "text"]);
  },
);

brokerTest(
  "a QoS 2 message is passed on once, however often it is repeated " +
    "[MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-11]",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    for (const isDuplicate of [false, true, true]) {
      publisher.publish("t", "text", {
        qos: 2,
        packetIdentifier: 9,
        isDuplicate,
      });
      assertEquals(publisher.nextAnswer(PacketType.pubrec, 9), 0);
    }
    assertEquals(subscriber.payloads(), ["text"]);
    publisher.answer(PacketType.pubrel, 9);
    assertEquals(publisher.nextAnswer(PacketType.pubcomp, 9), 0);
  },
);

brokerTest(
  "a QoS 2 identifier is free after PUBCOMP [MQTT-4.3.3-12]",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    for (const payload of ["1", "2"]) {
      publisher.exchange("t", payload, { qos: 2, packetIdentifier: 9 });
    }
    assertEquals(subscriber.payloads(), ["1", "2"]);
  },
);

brokerTest(
  "a QoS 2 message is recognised on the next connection [MQTT-4.3.3-10]",
  (test) => {
    const subscriber = test.connect("subscriber");
    subscriber.subscribe("t");
    const properties = { sessionExpiryInterval: 100 };
    const first = test.connect("publisher", { properties });
    first.publish("t", "text", { qos: 2, packetIdentifier: 9 });
    first.drop();
    const again = test.connect("publisher", { properties, cleanStart: false });
    again.exchange("t", "text", {
      qos: 2,
      packetIdentifier: 9,
      isDuplicate: true,
    });
    assertEquals(subscriber.payloads(), ["text"]);
  },
);

brokerTest(
  "PUBREL with an unknown identifier gets PUBCOMP 0x92, and the connection " +
    "stays [MQTT-4.3.3-11]",
  (test) => {
    const publisher = test.connect("publisher");
    publisher.answer(PacketType.pubrel, 5);
    assertEquals(publisher.nextAnswer(PacketType.pubcomp, 5), 0x92);
    assertEquals(publisher.isClosed, false);
  },
);

brokerTest(
  "3.1.1: every PUBREL gets PUBCOMP without code [3.1.1 MQTT-4.3.3-2]",
  (test) => {
    const publisher = test.connect("publisher", { protocolVersion: 4 });
    publisher.exchange("t", "text", { qos: 2 });
    publisher.answer(PacketType.pubrel, 5);
    assertEquals(publisher.nextAnswer(PacketType.pubcomp, 5), 0);
  },
);

brokerTest(
  "identifiers of both directions are independent [MQTT-2.2.1-4]",
  (test) => {
    const client = test.connect("c");
    client.subscribe({ topicFilter: "t", qos: 2 });
    client.publish("t", "text", { qos: 2, packetIdentifier: 1 });
    const message = client.next(PacketType.publish);
    assertEquals(message.packetIdentifier, 1);
    client.nextAnswer(PacketType.pubrec, 1);
    client.answer(PacketType.pubrec, 1);
    client.nextAnswer(PacketType.pubrel, 1);
    client.answer(PacketType.pubrel, 1);
    client.nextAnswer(PacketType.pubcomp, 1);
    client.answer(PacketType.pubcomp, 1);
    assertEquals(client.take(), []);
  },
);

brokerTest(
  "PUBACK and PUBREC say 0x10 if nobody subscribes [MQTT-3.4.2-1] " +
    "[MQTT-3.5.2-1]",
  (test) => {
    const publisher = test.connect("publisher");
    assertEquals(publisher.exchange("t", "", { qos: 1 }), 0x10);
    assertEquals(publisher.exchange("t", "", { qos: 2 }), 0x10);
    const version4 = test.connect("d", { protocolVersion: 4 });
    assertEquals(version4.exchange("t", "", { qos: 1 }), 0);
  },
);

brokerTest(
  "PUBACK says 0x10 if No Local left nobody, PUBREC too",
  (test) => {
    const client = test.connect("c");
    client.subscribe({ topicFilter: "t", qos: 2, noLocal: true });
    assertEquals(client.exchange("t", "", { qos: 1 }), 0x10);
    assertEquals(client.exchange("t", "", { qos: 2 }), 0x10);
  },
);

brokerTest(
  "PUBACK and PUBREC say 0x97 if every queue is full, and the identifier is " +
    "free [MQTT-4.3.3-9]",
  (test) => {
    const full = test.connect("full", {
      properties: { sessionExpiryInterval: 100 },
    });
    full.subscribe({ topicFilter: "t", qos: 2 });
    full.drop();
    const publisher = test.connect("publisher");
    assertEquals(publisher.exchange("t", "1", { qos: 1 }), 0);
    assertEquals(publisher.exchange("t", "2", { qos: 1 }), 0x97);
    const fields = { qos: 2, packetIdentifier: 9 } as const;
    assertEquals(publisher.exchange("t", "3", fields), 0x97);
    const other = test.connect("other");
    other.subscribe("t");
    assertEquals(publisher.exchange("t", "4", fields), 0);
    assertEquals(other.payloads(), ["4"]);
    assertEquals(test.drops, { queue_full: 3 });
  },
  { limits: { maximumQueuedMessages: 1 } },
);

brokerTest(
  "a message that is too large for its receiver, or dropped at QoS 0, is no " +
    "failure for its publisher [MQTT-3.1.2-25]",
  (test) => {
    const small = test.connect("small", {
      properties: { maximumPacketSize: 50 },
    });
    small.subscribe([{ topicFilter: "one", qos: 1 }, "zero"]);
    const away = test.connect("away", {
      properties: { sessionExpiryInterval: 100 },
    });
    away.subscribe("away");
    away.drop();
    const publisher = test.connect("publisher");
    const payload = "x".repeat(50);
    for (const topicName of ["one", "zero", "away"]) {
      assertEquals(publisher.exchange(topicName, payload, { qos: 1 }), 0);
    }
    assertEquals(test.drops, { packet_too_large: 2, offline_qos0: 1 });
  },
);

brokerTest(
  "topics that begin with $ are the broker's own",
  (test) => {
    const { publisher } = setUp(test);
    const subscriber = test.connect("s");
    subscriber.subscribe(["$SYS/#", "$x"]);
    publisher.publish("$SYS/x", "", { isRetained: true });
    assertEquals(publisher.exchange("$SYS/x", "text", { qos: 1 }), 0x87);
    assertEquals(publisher.exchange("$x", "text", { qos: 2 }), 0x87);
    assertEquals(subscriber.take(), []);
    assertEquals(test.broker.retained.count, 0);
    assertEquals(test.drops, { refused: 3 });
    assertEquals(
      test.observer.ofKind("request refused").map(({ cause }) => cause),
      ["$SYS/x", "$x"].map((topic) =>
        `PUBLISH to "${topic}" is not allowed: topics that begin with $ are ` +
        "the broker's own"
      ),
    );
  },
);

brokerTest(
  "3.1.1: a refused message is acknowledged [3.1.1 MQTT-3.3.5-2]",
  (test) => {
    const publisher = test.connect("p", { protocolVersion: 4 });
    assertEquals(publisher.exchange("$SYS/x", "text", { qos: 1 }), 0);
    assertEquals(publisher.exchange("$SYS/x", "text", { qos: 2 }), 0);
  },
);

brokerTest(
  "a payload over the maximum is refused, and the connection stays",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    assertEquals(publisher.exchange("t", "12345", { qos: 1 }), 0);
    assertEquals(publisher.exchange("t", "123456", { qos: 1 }), 0x97);
    assertEquals(publisher.exchange("t", "123456", { qos: 2 }), 0x97);
    publisher.publish("t", "123456");
    assertEquals(subscriber.payloads(), ["12345"]);
    assertEquals(test.drops, { refused: 3 });
  },
  { limits: { maximumPayloadBytes: 5 } },
);

brokerTest(
  "a QoS above the Maximum QoS ends the connection [MQTT-3.2.2-11]",
  (test) => {
    const { publisher } = setUp(test);
    publisher.publish("t", "", { qos: 2 });
    assertDisconnected(publisher, 0x9b);
    const version4 = test.connect("p", { protocolVersion: 4 });
    version4.publish("t", "", { qos: 2 });
    assertClosedSilently(version4);
  },
  { limits: { maximumQos: 1 } },
);

brokerTest(
  "RETAIN where it is not available ends the connection [MQTT-3.2.2-14]",
  (test) => {
    const { publisher } = setUp(test);
    publisher.publish("t", "", { isRetained: true });
    assertDisconnected(publisher, 0x9a);
  },
  { limits: { retainAvailable: false } },
);

brokerTest(
  "DUP of the publisher is not passed on [MQTT-3.3.1-3]",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    publisher.publish("t", "", { qos: 1, isDuplicate: true });
    assertEquals(subscriber.publishes()[0].isDuplicate, false);
  },
);

brokerTest(
  "a message goes out at the lower of its QoS and the granted one " +
    "[MQTT-3.8.4-8]",
  (test) => {
    const publisher = test.connect("publisher");
    const table = ([0, 1, 2] as const).map((granted) => {
      const subscriber = test.connect(`s${granted}`);
      subscriber.subscribe({ topicFilter: "t", qos: granted });
      return ([0, 1, 2] as const).map((qos) => {
        publisher.publish("t", "", { qos });
        return subscriber.publishes()[0].qos;
      });
    });
    assertEquals(table, [[0, 0, 0], [0, 1, 1], [0, 1, 2]]);
  },
);

brokerTest(
  "messages and acknowledgements keep their order [MQTT-4.6.0-5]",
  (test) => {
    const { subscriber, publisher } = setUp(test);
    const packets = Array.from(
      { length: 9 },
      (_, i) => publisher.publication("t", `${i}`, { qos: i % 3 as 0 | 1 | 2 }),
    );
    publisher.send(...packets);
    assertEquals(subscriber.payloads(), [..."012345678"]);
    const answers = publisher.take().map((packet) =>
      packet.type === PacketType.puback || packet.type === PacketType.pubrec
        ? packet.packetIdentifier
        : 0
    );
    assertEquals(answers, [1, 2, 3, 4, 5, 6]);
  },
);
