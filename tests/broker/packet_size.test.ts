import { PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import {
  assertDisconnected,
  brokerTest,
  payloadOf,
  publishPacket,
  subscribePacket,
  type TestBroker,
} from "./_harness.ts";

/** The size of a PUBLISH with this payload to "t", without properties. */
function sizeOf(test: TestBroker, payload: string, qos: 0 | 1): number {
  const packet = publishPacket("t", payload, { qos, packetIdentifier: 1 });
  return test.open().encode(packet).length;
}

for (const qos of [0, 1] as const) {
  brokerTest(
    `QoS ${qos}: a client gets messages up to its Maximum Packet Size, and ` +
      "others count as delivered [MQTT-3.1.2-24] [MQTT-3.1.2-25]",
    (test) => {
      const fits = "x".repeat(60);
      const maximumPacketSize = sizeOf(test, fits, qos);
      for (const sessionExpiryInterval of [0, 100]) {
        const client = test.connect("c", {
          properties: { maximumPacketSize, sessionExpiryInterval },
        });
        client.subscribe({ topicFilter: "t", qos });
        const other = test.connect("other");
        other.subscribe("t");
        const publisher = test.connect("publisher");
        for (const payload of [`${fits}!`, fits]) {
          assertEquals(publisher.exchange("t", payload, { qos: 1 }), 0);
        }
        assertEquals(other.payloads().length, 2);
        assertEquals(client.drain().map(payloadOf), [fits]);
        assertEquals(client.isClosed, false);
        assertEquals(test.broker.sessions.get("c")!.window.count, 0);
        // Neither Packet Identifier nor quota stays taken.
        client.drop();
      }
      assertEquals(test.drops, { packet_too_large: 2 });
    },
  );
}

brokerTest(
  "the size counts with the properties that the broker adds [MQTT-3.1.2-24]",
  (test) => {
    const fits = "x".repeat(60);
    const client = test.connect("c", {
      properties: { maximumPacketSize: sizeOf(test, fits, 0) },
    });
    client.subscribe("t", { subscriptionIdentifiers: [1] });
    const publisher = test.connect("publisher");
    publisher.publish("t", fits);
    publisher.publish("t", fits.slice(2));
    assertEquals(client.payloads(), [fits.slice(2)]);
  },
);

brokerTest(
  "a message too large for a new connection is not sent again " +
    "[MQTT-3.1.2-25]",
  (test) => {
    const fields = (maximumPacketSize?: number) => ({
      cleanStart: false,
      properties: { sessionExpiryInterval: 100, maximumPacketSize },
    });
    const client = test.connect("c", fields());
    client.subscribe({ topicFilter: "t", qos: 1 });
    const publisher = test.connect("publisher");
    const payloads = ["x".repeat(100), "small"];
    for (const payload of payloads) publisher.publish("t", payload, { qos: 1 });
    client.drop();
    const small = test.connect("c", fields(60));
    assertEquals(small.payloads(), ["small"]);
    small.drop();
    assertEquals(test.connect("c", fields()).payloads(), ["small"]);
    assertEquals(test.drops, { packet_too_large: 1 });
  },
);

brokerTest(
  "a message too large leaves its place to the next one",
  (test) => {
    const client = test.connect("c", {
      properties: { maximumPacketSize: 60, receiveMaximum: 1 },
    });
    client.subscribe({ topicFilter: "t", qos: 1 });
    const publisher = test.connect("publisher");
    for (const payload of ["1", "x".repeat(100), "x".repeat(100), "2"]) {
      publisher.publish("t", payload, { qos: 1 });
    }
    assertEquals(client.drain().map(payloadOf), ["1", "2"]);
  },
);

brokerTest(
  "a burst to a client with a Maximum Packet Size loses what is too large " +
    "only",
  (test) => {
    const fits = "x".repeat(60);
    const client = test.connect("c", {
      properties: { maximumPacketSize: sizeOf(test, fits, 0) },
    });
    client.subscribe("t");
    const publisher = test.connect("publisher");
    publisher.send(
      ...["1", `${fits}!`, fits, `${fits}!`, "2"].map((payload) =>
        publishPacket("t", payload)
      ),
    );
    assertEquals(client.payloads(), ["1", fits, "2"]);
    assertEquals(test.drops, { packet_too_large: 2 });
  },
);

brokerTest(
  "a QoS 2 message that has become too large for the client is completed " +
    "with PUBREL, so that its identifier stands for no repeat [MQTT-3.1.2-25]",
  (test) => {
    const lasting = { sessionExpiryInterval: 100 };
    const receiver = test.connect("c", { properties: lasting });
    receiver.subscribe({ topicFilter: "t", qos: 2 });
    const publisher = test.connect("publisher");
    publisher.publish("t", "x".repeat(100), { qos: 2 });
    assertEquals(receiver.payloads().length, 1);
    receiver.drop();
    const again = test.connect("c", {
      cleanStart: false,
      properties: { ...lasting, maximumPacketSize: 50 },
    });
    assertEquals(again.nextAnswer(PacketType.pubrel, 1), 0);
    assertEquals(test.drops, { packet_too_large: 1 });
    publisher.publish("t", "2", { qos: 2 });
    const next = again.next(PacketType.publish);
    assertEquals(next.packetIdentifier, 2);
    again.answer(PacketType.pubcomp, 1);
    assertEquals(again.isClosed, false);
  },
);

brokerTest(
  "a request whose answer is too large for the client ends its connection " +
    "[MQTT-3.1.2-24]",
  (test) => {
    for (const type of [PacketType.subscribe, PacketType.unsubscribe]) {
      const client = test.connect("c", {
        properties: { maximumPacketSize: 40 },
      });
      const topicFilters = Array.from({ length: 40 }, (_, i) => `t/${i}`);
      client.send(
        type === PacketType.subscribe
          ? subscribePacket(1, topicFilters)
          : { type, packetIdentifier: 1, topicFilters, properties: {} },
      );
      assertDisconnected(client, 0x95);
    }
  },
);

brokerTest(
  "a packet of exactly the broker's maximum is accepted, one byte more is " +
    "not [MQTT-3.2.2-15]",
  (test) => {
    const publisher = test.connect("publisher");
    const overhead = sizeOf(test, "x".repeat(200), 0) - 200;
    publisher.publish("t", "x".repeat(256 - overhead));
    assertEquals(publisher.isClosed, false);
    publisher.publish("t", "x".repeat(257 - overhead));
    assertDisconnected(publisher, 0x95);
  },
  { limits: { maximumPacketSizeBytes: 256 } },
);

brokerTest(
  "a packet that will be too large is refused by its first bytes",
  (test) => {
    const publisher = test.connect("publisher");
    const bytes = publisher.encode(publishPacket("t", "x".repeat(1_000)));
    publisher.sendBytes(bytes.slice(0, 3));
    assert(publisher.isClosed);
    assertDisconnected(publisher, 0x95);
  },
  { limits: { maximumPacketSizeBytes: 256 } },
);
