import { assert, assertEquals } from "../_assert.ts";
import { frame, hex } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import {
  auth,
  connect,
  disconnect,
  pingreq,
  publish,
  subscribe,
} from "./_packets.ts";
import { type Property } from "./_properties.ts";

const METHOD = ["authenticationMethod", "no such method"] as const;

/** A CONNECT that asks for an Authentication Method which nobody knows. */
const connectWithMethod = connect({
  clientIdentifier: "method",
  properties: [METHOD, ["authenticationData", "data"]],
});

conformance(
  "an unknown Authentication Method is refused [MQTT-4.12.0-1] " +
    "[MQTT-4.12.0-2] [MQTT-4.12.0-4] [MQTT-4.12.0-5]",
  async (broker) => {
    const client = await broker.open();
    await client.send(connectWithMethod);
    for (;;) {
      const packet = await client.receive();
      if (packet === null) return;
      if (packet.name === "AUTH") {
        assertEquals(packet.reasonCode, 0x18);
        assertEquals(packet.value(METHOD[0]), METHOD[1]);
      } else {
        assertEquals(packet.name, "CONNACK");
        assert([0x87, 0x8c].includes(packet.reasonCode), packet.toString());
      }
    }
  },
);

conformance(
  "after CONNECT with an Authentication Method nothing but AUTH is " +
    "processed [MQTT-3.1.2-30] [MQTT-3.1.4-6]",
  async (broker) => {
    const topic = broker.topic("early");
    const observer = await broker.connect();
    await observer.subscribe(topic);
    await eachCase([
      ["PUBLISH", publish({ topic })],
      ["PUBLISH at QoS 1", publish({ topic, qos: 1 })],
      ["SUBSCRIBE", subscribe([[topic, 0]])],
      ["PINGREQ", pingreq],
    ], async (bytes) => {
      const client = await broker.open();
      await client.send(connectWithMethod, bytes);
      await client.expectRefused(0x82, 0x87, 0x8c);
    });
    await observer.expectSilence();
  },
);

conformance(
  "an AUTH that does not go on with the authentication lets nobody in " +
    "[MQTT-4.12.0-3] [MQTT-4.12.0-5] [MQTT-4.12.0-4]",
  async (broker) => {
    await eachCase([
      ["0x00", auth(0x00, METHOD)],
      ["0x19", auth(0x19, METHOD)],
      ["another method", auth(0x18, ["authenticationMethod", "other"])],
      ["no method", auth(0x18)],
    ], async (bytes) => {
      const client = await broker.open();
      await client.send(connectWithMethod, bytes);
      await client.expectRefused(0x82, 0x87, 0x8c);
    });
  },
);

conformance(
  "without Authentication Method the server sends neither AUTH nor a " +
    "method [MQTT-4.12.0-6]",
  async (broker) => {
    const [client, connack] = await broker.connectWithConnack({
      userName: "user",
      password: "secret",
    });
    assertEquals(connack.value("authenticationMethod"), undefined);
    assertEquals(connack.value("authenticationData"), undefined);
    await client.expectSilence();
  },
);

conformance(
  "AUTH without Authentication Method in CONNECT ends the connection " +
    "[MQTT-4.12.0-7]",
  async (broker) => {
    for (const list of [[METHOD], []] satisfies Property[][]) {
      const client = await broker.connect();
      await client.send(auth(0x18, ...list));
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "a re-authentication that cannot succeed ends the connection " +
    "[MQTT-4.12.1-1] [MQTT-4.12.1-2]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect();
    await observer.subscribe(topic);
    const client = await broker.connect({ will: { topic, payload: "will" } });
    await client.send(auth(0x19, METHOD));
    await client.expectDisconnect(0x82, 0x87, 0x8c);
    assertEquals((await observer.take()).text, "will");
  },
);

conformance(
  "AUTH with wrong flags is malformed [MQTT-3.15.1-1]",
  async (broker) => {
    for (const flags of [1, 2, 4, 8, 15]) {
      const bytes = auth(0x18, METHOD);
      bytes[0] |= flags;
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81);
      const early = await broker.open();
      await early.send(connectWithMethod, bytes);
      await early.expectRefused(0x81, 0x87, 0x8c);
    }
  },
);

conformance(
  "AUTH with a code that a client may not send ends the connection " +
    "[MQTT-3.15.2-1]",
  async (broker) => {
    for (const bytes of [hex("f0 00"), hex("f0 01 00")]) {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    }
    for (const code of [0x01, 0x04, 0x17, 0x1a, 0x80, 0x87, 0xff]) {
      const client = await broker.connect();
      await client.send(auth(code, METHOD));
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "an AUTH that is cut short or repeats itself ends the connection " +
    "[MQTT-4.13.1-1]",
  async (broker) => {
    await eachCase([
      ["without Property Length", frame(0xf0, hex("18"))],
      ["cut short", frame(0xf0, hex("18 05 15 00 09 61"))],
      ["method twice", auth(0x18, METHOD, METHOD)],
      ["another property", auth(0x18, METHOD, ["contentType", "text"])],
    ], async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    });
  },
);

conformance(
  "a client may leave the authentication with DISCONNECT [MQTT-3.1.2-30]",
  async (broker) => {
    const client = await broker.open();
    await client.send(connectWithMethod, disconnect());
    await client.expectRefused(0x87, 0x8c);
  },
);
