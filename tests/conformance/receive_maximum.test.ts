import { assertEquals } from "../_assert.ts";
import { uint8 } from "./_bytes.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge, pingreq, subscribe } from "./_packets.ts";
import type { RawClient } from "./_raw_client.ts";

const limits = { limits: { receiveMaximum: 3 } };

/** Starts a QoS 2 exchange and leaves it open. */
async function openExchange(
  client: RawClient,
  topic: string,
  packetIdentifier: number,
): Promise<void> {
  await client.publish({ topic, qos: 2, packetIdentifier });
  const pubrec = await client.expect("PUBREC");
  assertEquals(pubrec.packetIdentifier, packetIdentifier);
}

conformance(
  "more open messages than the Receive Maximum end the connection " +
    "[MQTT-3.3.4-7] [MQTT-4.9.0-2]",
  async (broker) => {
    const topic = broker.topic("open");
    for (const qos of [1, 2]) {
      const [client, connack] = await broker.connectWithConnack();
      assertEquals(connack.value("receiveMaximum"), 3);
      for (let id = 1; id <= 3; id++) await openExchange(client, topic, id);
      await client.publish({ topic, qos, packetIdentifier: 4 });
      await client.expectDisconnect(0x93);
    }
  },
  limits,
);

conformance(
  "as many open messages as the Receive Maximum are taken, any number of " +
    "times [MQTT-3.3.4-7] [MQTT-4.9.0-2] [MQTT-4.9.0-3]",
  async (broker) => {
    const topic = broker.topic("open");
    const client = await broker.connect();
    for (let round = 0; round < 3; round++) {
      for (let id = 1; id <= 3; id++) await openExchange(client, topic, id);
      // With nothing left every other packet is still handled.
      await client.publish({ topic });
      await client.subscribe(broker.topic("other"));
      await client.unsubscribe(broker.topic("other"));
      await client.ping();
      for (let id = 1; id <= 3; id++) {
        await client.send(acknowledge("pubrel", id));
        assertEquals((await client.expect("PUBCOMP")).reasonCode, 0);
        await openExchange(client, topic, id);
        await client.send(acknowledge("pubrel", id));
        assertEquals((await client.expect("PUBCOMP")).reasonCode, 0);
      }
    }
  },
  limits,
);

conformance(
  "messages at QoS 1 free their place with PUBACK [MQTT-3.3.4-7] " +
    "[MQTT-4.9.0-2]",
  async (broker) => {
    const topic = broker.topic("many");
    const client = await broker.connect();
    for (let count = 0; count < 20; count++) {
      await client.deliver({ topic, qos: 1 });
    }
  },
  limits,
);

conformance(
  "the client's quota starts anew with each connection [MQTT-4.9.0-1]",
  async (broker) => {
    const topic = broker.topic("anew");
    const identifier = broker.identifier();
    const [client] = await broker.resume(identifier);
    for (let id = 1; id <= 3; id++) await openExchange(client, topic, id);
    await client.disconnect();
    const [back] = await broker.resume(identifier);
    for (let id = 4; id <= 6; id++) await openExchange(back, topic, id);
    for (let id = 1; id <= 6; id++) {
      await back.send(acknowledge("pubrel", id));
      assertEquals((await back.expect("PUBCOMP")).reasonCode, 0);
    }
    for (let id = 7; id <= 9; id++) await openExchange(back, topic, id);
    await back.publish({ topic, qos: 2, packetIdentifier: 10 });
    await back.expectDisconnect(0x93);
  },
  limits,
);

conformance(
  "the server keeps to the client's Receive Maximum [MQTT-3.3.4-9] " +
    "[MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-4.5.0-2]",
  async (broker) => {
    const topic = broker.topic("quota");
    const publisher = await broker.connect();
    for (const receiveMaximum of [1, 2, 5]) {
      const subscriber = await broker.connect({
        properties: [["receiveMaximum", receiveMaximum]],
      });
      await subscriber.subscribe(topic, { options: 2 });
      for (let index = 0; index < 8; index++) {
        await publisher.deliver({
          topic,
          qos: index % 2 + 1,
          payload: `${index}`,
        });
      }
      const open = await subscriber.pending();
      assertEquals(open.length, receiveMaximum);
      // Without an answer nothing more comes.
      await broker.elapse(0.1);
      await subscriber.expectSilence();
      for (let index = receiveMaximum; index < 8; index++) {
        const { qos, packetIdentifier } = open.shift()!;
        if (qos === 1) {
          await subscriber.send(acknowledge("puback", packetIdentifier));
        } else {
          await subscriber.send(acknowledge("pubrec", packetIdentifier));
          await subscriber.expect("PUBREL");
          // PUBREC alone frees no place.
          await subscriber.expectSilence();
          await subscriber.send(acknowledge("pubcomp", packetIdentifier));
        }
        const next = await subscriber.expect("PUBLISH");
        assertEquals(next.text, `${index}`);
        open.push(next);
      }
      await subscriber.disconnect();
    }
  },
);

conformance(
  "a refusal of the client frees a place [MQTT-3.3.4-9] [MQTT-4.9.0-2]",
  async (broker) => {
    const topic = broker.topic("refused");
    const subscriber = await broker.connect({
      properties: [["receiveMaximum", 1]],
    });
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const qos of [1, 2, 2, 1]) await publisher.deliver({ topic, qos });
    for (let count = 0; count < 4; count++) {
      const { qos, packetIdentifier } = await subscriber.expect("PUBLISH");
      const name = qos === 1 ? "puback" : "pubrec";
      await subscriber.send(acknowledge(name, packetIdentifier, uint8(0x80)));
    }
    await subscriber.expectSilence();
  },
);

conformance(
  "a full quota holds back nothing but PUBLISH at QoS 1 and 2 " +
    "[MQTT-3.3.4-10] [MQTT-4.9.0-3]",
  async (broker) => {
    const topic = broker.topic("full");
    const client = await broker.connect({
      properties: [["receiveMaximum", 1]],
    });
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2 });
    const { packetIdentifier } = await client.expect("PUBLISH");
    await publisher.deliver({ topic, qos: 1, payload: "waits" });
    await client.send(
      pingreq,
      subscribe([[broker.topic("other"), 0]], { packetIdentifier: 9 }),
    );
    await client.expect("PINGRESP");
    await client.expect("SUBACK");
    assertEquals((await client.unsubscribe("none")).reasonCodes, [0x11]);
    assertEquals(
      (await client.deliver({ topic: broker.topic("own"), qos: 2 })).name,
      "PUBREC",
    );
    await client.deliver({ topic: broker.topic("own"), qos: 1 });
    await publisher.deliver({ topic: broker.topic("other") });
    assertEquals((await client.take()).topic, broker.topic("other"));
    await client.send(acknowledge("pubrec", packetIdentifier));
    await client.expect("PUBREL");
    await client.send(acknowledge("pubcomp", packetIdentifier));
    assertEquals((await client.take()).text, "waits");
  },
);

conformance(
  "what is sent again after a reconnect keeps to the new Receive Maximum " +
    "[MQTT-3.3.4-9] [MQTT-4.9.0-1]",
  async (broker) => {
    const topic = broker.topic("again");
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const qos of [1, 2, 1]) await publisher.deliver({ topic, qos });
    assertEquals((await subscriber.pending()).length, 3);
    await subscriber.disconnect();
    const [back] = await broker.resume(identifier, {
      properties: [["receiveMaximum", 1]],
    });
    for (const qos of [1, 2, 1]) {
      const open = await back.pending();
      assertEquals(open.map((packet) => packet.qos), [qos]);
      const { packetIdentifier } = open[0];
      if (qos === 1) {
        await back.send(acknowledge("puback", packetIdentifier));
      } else {
        await back.send(acknowledge("pubrec", packetIdentifier));
        await back.expect("PUBREL");
        await back.send(acknowledge("pubcomp", packetIdentifier));
      }
    }
    await back.expectSilence();
  },
);
