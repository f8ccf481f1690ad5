/** Holds RQTT to CHOICES.md: what becomes of messages. */
import { assertEquals } from "../_assert.ts";
import { hex } from "./_bytes.ts";
import { choice } from "./_conformance.ts";
import { acknowledge } from "./_packets.ts";

choice(
  "overlapping subscriptions bring one copy [MQTT-3.3.4-2] [MQTT-3.3.4-4]",
  async (broker) => {
    const topic = broker.topic("a");
    const client = await broker.connect();
    await client.subscribe(topic, {
      options: 1,
      properties: [["subscriptionIdentifier", 1]],
    });
    await client.subscribe(broker.topic("#"), {
      options: 0x08 | 2,
      properties: [["subscriptionIdentifier", 2]],
    });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2, payload: "x", isRetained: true });
    const copies = await client.pending();
    assertEquals(copies.map(({ qos }) => qos), [2]);
    assertEquals(copies[0].isRetained, true);
    const identifiers = copies[0].all("subscriptionIdentifier");
    assertEquals(identifiers.map(([, value]) => value).sort(), [1, 2]);
  },
);

for (const version of [5, 4] as const) {
  choice(
    `too many levels in a Topic Name ${
      version === 5
        ? "are refused [MQTT-3.4.2-1]"
        : "are acknowledged in 3.1.1 [3.1.1 MQTT-3.3.5-2]"
    }, the message goes to nobody`,
    async (broker) => {
      const reader = await broker.connect();
      await reader.subscribe("#");
      const publisher = await broker.connect({ version });
      for (const qos of [0, 1, 2]) {
        const answer = await publisher.deliver({ topic: "a/b/c/d", qos });
        if (qos > 0 && version === 5) assertEquals(answer.reasonCode, 0x90);
      }
      await publisher.deliver({ topic: "a/b/c", qos: 1 });
      assertEquals((await reader.take()).topic, "a/b/c");
    },
    { limits: { maximumTopicLevels: 3 } },
  );
}

choice(
  "QoS 0 is not kept for a client that is away [MQTT-4.5.0-1]",
  async (broker) => {
    const topic = broker.topic("away");
    const identifier = broker.identifier();
    const [absent] = await broker.resume(identifier);
    await absent.subscribe([[topic, 0], [broker.topic("b"), 1]]);
    await absent.disconnect();
    const publisher = await broker.connect();
    for (const qos of [0, 1]) {
      const answer = await publisher.deliver({ topic, qos });
      assertEquals(answer.reasonCode, 0);
    }
    await publisher.deliver({ topic: broker.topic("b") });
    const [back] = await broker.resume(identifier);
    await back.expectSilence();
  },
);

choice(
  "a publisher learns that nobody subscribes, or that the queue is full " +
    "[MQTT-4.3.2-4] [MQTT-4.3.3-8]",
  async (broker) => {
    const topic = broker.topic("queue");
    const publisher = await broker.connect();
    for (const qos of [1, 2]) {
      const answer = await publisher.deliver({ topic, qos });
      assertEquals(answer.reasonCode, 0x10);
    }
    const [absent] = await broker.resume(broker.identifier());
    await absent.subscribe(topic, { options: 1 });
    await absent.disconnect();
    const codes = [];
    for (const qos of [1, 2, 1, 2]) {
      codes.push((await publisher.deliver({ topic, qos })).reasonCode);
    }
    assertEquals(codes, [0x00, 0x00, 0x97, 0x97]);
  },
  { limits: { maximumQueuedMessages: 2 } },
);

choice(
  "a QoS 2 message goes on before its PUBREL [MQTT-4.3.3-8]",
  async (broker) => {
    const topic = broker.topic("early");
    const client = await broker.connect();
    await client.subscribe(topic);
    const publisher = await broker.connect();
    await publisher.publish({ topic, qos: 2, packetIdentifier: 1 });
    await publisher.expect("PUBREC");
    await client.take();
  },
);

choice(
  "PUBREC for a QoS 1 message is unknown, PUBACK for a QoS 2 message is " +
    "ignored [MQTT-2.2.1-5]",
  async (broker) => {
    const topic = broker.topic("crossed");
    const client = await broker.connect();
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 1 });
    await publisher.deliver({ topic, qos: 2 });
    const [one, two] = await client.pending();
    await client.send(acknowledge("pubrec", one.packetIdentifier));
    assertEquals((await client.expect("PUBREL")).reasonCode, 0x92);
    await client.send(acknowledge("puback", two.packetIdentifier));
    await client.send(acknowledge("pubrec", two.packetIdentifier));
    assertEquals((await client.expect("PUBREL")).reasonCode, 0x00);
  },
);

choice(
  "a payload is not held against its Payload Format Indicator " +
    "[MQTT-3.3.2-4]",
  async (broker) => {
    const topic = broker.topic("format");
    const client = await broker.connect();
    await client.subscribe(topic);
    const payload = hex("c0 80");
    const properties = [["payloadFormatIndicator", 1]] as const;
    await client.publish({ topic, payload, properties });
    assertEquals((await client.take()).payload, payload);
  },
);

choice(
  "a Message Expiry Interval of 0 lets a message pass that need not wait " +
    "[MQTT-3.3.2-5]",
  async (broker) => {
    const topic = broker.topic("now");
    const client = await broker.connect();
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const qos of [0, 1, 2]) {
      await publisher.deliver({
        topic,
        qos,
        properties: [["messageExpiryInterval", 0]],
      });
      assertEquals((await client.take()).value("messageExpiryInterval"), 0);
    }
  },
);

choice(
  "shared subscriptions work for 3.1.1 clients too [MQTT-4.8.2-1]",
  async (broker) => {
    const topic = broker.topic("work");
    const clients = [];
    for (let count = 0; count < 2; count++) {
      const client = await broker.connect({ version: 4 });
      await client.subscribe(`$share/group/${topic}`);
      clients.push(client);
    }
    const publisher = await broker.connect({ version: 4 });
    for (let count = 0; count < 4; count++) {
      await publisher.deliver({ topic });
    }
    for (const client of clients) {
      assertEquals((await client.pending()).length, 2);
    }
  },
);

choice(
  "at shutdown clients get 0x8B, and Wills are published [MQTT-3.1.2-8]",
  async (broker) => {
    const topic = broker.topic("will");
    await broker.connect({ will: { topic, payload: "will" } });
    const observer = await broker.connect();
    await observer.subscribe(topic);
    broker.server.broker.shutDown();
    assertEquals((await observer.take()).text, "will");
    await observer.expectDisconnect(0x8b);
  },
  { isInProcess: true },
);

choice(
  "a retained message over the store's bounds is refused, the old one stays " +
    "[MQTT-3.3.1-5]",
  async (broker) => {
    const topic = broker.topic("a");
    const publisher = await broker.connect();
    const message = { topic, qos: 1, isRetained: true };
    await publisher.deliver({ ...message, payload: "old" });
    const payload = "x".repeat(2_000);
    const puback = await publisher.deliver({ ...message, payload });
    assertEquals(puback.reasonCode, 0x97);
    const client = await broker.connect();
    await client.subscribe(topic);
    assertEquals((await client.take()).text, "old");
  },
  { limits: { maximumRetainedBytes: 1_024 } },
);

choice(
  "a Will does not go to the session that ends with it [MQTT-3.1.2-8]",
  async (broker) => {
    const topic = broker.topic("will");
    const [author, heir] = [broker.identifier(), broker.identifier()];
    const [first] = await broker.resume(author, {
      will: { topic, payload: "gone", qos: 1 },
    });
    await first.subscribe(`$share/g/${topic}`, { options: 1 });
    const [absent] = await broker.resume(heir);
    await absent.subscribe(`$share/g/${topic}`, { options: 1 });
    await absent.disconnect();
    await broker.connect({ clientIdentifier: author });
    const [back] = await broker.resume(heir);
    assertEquals((await back.take()).text, "gone");
  },
);

choice(
  "PUBREL completes a QoS 2 message that is too large to be repeated " +
    "[MQTT-3.1.2-25]",
  async (broker) => {
    const topic = broker.topic("large");
    const identifier = broker.identifier();
    const [first] = await broker.resume(identifier);
    await first.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2, payload: "x".repeat(200) });
    const { packetIdentifier } = await first.expect("PUBLISH");
    first.close();
    const [second] = await broker.resume(identifier, {
      properties: [["maximumPacketSize", 100]],
    });
    const pubrel = await second.expect("PUBREL");
    assertEquals(pubrel.packetIdentifier, packetIdentifier);
    await second.send(acknowledge("pubcomp", packetIdentifier));
    await second.expectSilence();
  },
);
