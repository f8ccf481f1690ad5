import { assertEquals } from "../_assert.ts";
import { frame, hex } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import {
  acknowledge,
  connect,
  disconnect,
  publish,
  subscribe,
} from "./_packets.ts";

/** What a client may say in DISCONNECT. */
const clientCodes = [
  ...[0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90],
  ...[0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99],
];

conformance(
  "DISCONNECT with wrong flags is malformed [MQTT-3.14.1-1]",
  async (broker) => {
    for (const flags of [1, 2, 4, 8, 15]) {
      const client = await broker.connect();
      await client.send(frame(0xe0 | flags));
      await client.expectDisconnect(0x81);
    }
  },
);

conformance(
  "every code that a client may send in DISCONNECT is accepted " +
    "[MQTT-3.14.2-1] [MQTT-3.14.4-2]",
  async (broker) => {
    for (const code of clientCodes) {
      const client = await broker.connect();
      await client.send(disconnect(code));
      await client.expectClosed();
    }
    for (const short of ["e0 00", "e0 01 00", "e0 01 04"]) {
      const client = await broker.connect();
      await client.send(hex(short));
      await client.expectClosed();
    }
  },
);

conformance(
  "DISCONNECT with another code is a Protocol Error and leaves the Will " +
    "[MQTT-3.14.2-1] [MQTT-3.14.4-3]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect();
    await observer.subscribe(topic);
    for (
      const code of [
        ...[0x01, 0x02, 0x05, 0x10, 0x18, 0x7f, 0x84, 0x87, 0x89, 0x8b],
        ...[0x8d, 0x8e, 0x8f, 0x91, 0x92, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e],
        ...[0x9f, 0xa0, 0xa1, 0xa2, 0xa3, 0xff],
      ]
    ) {
      const client = await broker.connect({ will: { topic, payload: "will" } });
      await client.send(disconnect(code));
      await client.expectDisconnect(0x81, 0x82);
      assertEquals((await observer.take()).text, "will");
    }
  },
);

conformance(
  "a Session Expiry Interval after 0 in CONNECT is a Protocol Error and " +
    "leaves the Will [MQTT-3.14.2-2]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect();
    await observer.subscribe(topic);
    const clientIdentifier = broker.identifier();
    for (const properties of [[], [["sessionExpiryInterval", 0] as const]]) {
      const client = await broker.connect({
        clientIdentifier,
        properties,
        will: { topic, payload: "will" },
      });
      await client.send(disconnect(0, ["sessionExpiryInterval", 60]));
      await client.expectDisconnect(0x82);
      assertEquals((await observer.take()).text, "will");
      const [next, connack] = await broker.resume(clientIdentifier);
      assertEquals(connack.sessionPresent, false);
      await next.disconnect(0, ["sessionExpiryInterval", 0]);
    }
  },
);

conformance(
  "DISCONNECT of the server has no Session Expiry Interval and nothing " +
    "after it [MQTT-3.14.2-2] [MQTT-3.14.4-1] [MQTT-3.14.4-2] " +
    "[MQTT-4.13.2-1]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("a");
    await eachCase([
      ["a Protocol Error", publish({ topic: "" })],
      ["a Malformed Packet", frame(0x36)],
      ["a second CONNECT", connect({ clientIdentifier: identifier })],
    ], async (bytes) => {
      const [client] = await broker.resume(identifier);
      await client.subscribe(topic);
      await client.send(
        bytes,
        publish({ topic }),
        publish({ topic, qos: 1 }),
        subscribe([[topic, 0]]),
      );
      const packet = await client.expect("DISCONNECT");
      assertEquals(packet.value("sessionExpiryInterval"), undefined);
      assertEquals(packet.reasonCode >= 0x80, true);
      await client.expectClosed();
    });
  },
);

conformance(
  "what follows a DISCONNECT of the client is not processed " +
    "[MQTT-3.14.4-1]",
  async (broker) => {
    const topic = broker.topic("late");
    const observer = await broker.connect();
    await observer.subscribe(topic);
    const client = await broker.connect();
    await client.send(
      disconnect(),
      publish({ topic }),
      publish({ topic, qos: 1 }),
      acknowledge("pubrel", 5),
    );
    await client.expectClosed();
    await observer.expectSilence();
  },
);

conformance(
  "DISCONNECT with a property that a client may not send ends the " +
    "connection [MQTT-4.13.1-1]",
  async (broker) => {
    await eachCase([
      ["Server Reference", disconnect(0, ["serverReference", "other"])],
      ["Receive Maximum", disconnect(0, ["receiveMaximum", 5])],
      [
        "Session Expiry Interval twice",
        disconnect(0, ["sessionExpiryInterval", 0], [
          "sessionExpiryInterval",
          0,
        ]),
      ],
      ["bytes behind it", frame(0xe0, hex("00 00 00"))],
    ], async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    });
  },
);

conformance(
  "a packet that only a server sends ends the connection [MQTT-4.13.1-1]",
  async (broker) => {
    await eachCase([
      ["CONNACK", hex("20 03 00 00 00")],
      ["SUBACK", hex("90 04 00 01 00 00")],
      ["UNSUBACK", hex("b0 04 00 01 00 00")],
      ["PINGRESP", hex("d0 00")],
    ], async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    });
  },
);

conformance(
  "an error of one client leaves the others alone [MQTT-4.13.1-1]",
  async (broker) => {
    const topic = broker.topic("peaceful");
    const identifier = broker.identifier();
    const [absent] = await broker.resume(identifier);
    await absent.subscribe(topic, { options: 1 });
    await absent.disconnect();
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic, { options: 1 });
    const publisher = await broker.connect();
    const faulty = await broker.connect();
    await faulty.subscribe(topic);
    await faulty.send(frame(0x36));
    await faulty.expectDisconnect(0x81);
    await publisher.deliver({ topic, qos: 1, payload: "still" });
    assertEquals((await subscriber.take()).text, "still");
    const [back] = await broker.resume(identifier);
    assertEquals((await back.take()).text, "still");
  },
);

conformance(
  "PINGREQ with a body is malformed [MQTT-4.13.1-1]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(hex("c0 01 00"));
    await client.expectDisconnect(0x81);
  },
);
