import { assertEquals } from "../_assert.ts";
import type { BrokerUnderTest } from "./_broker.ts";
import { conformance } from "./_conformance.ts";
import type { RawClient } from "./_raw_client.ts";

/** Subscription Options. */
const RETAIN_AS_PUBLISHED = 0x08;
const IF_NEW = 0x10;
const NEVER = 0x20;

/** A client that has left a retained message on `topic`. */
async function retain(
  broker: BrokerUnderTest,
  topic: string,
  payload = "kept",
  qos = 1,
): Promise<RawClient> {
  const publisher = await broker.connect();
  await publisher.deliver({ topic, payload, qos, isRetained: true });
  return publisher;
}

/** The payloads that a new subscriber to `filter` gets at once. */
async function kept(
  broker: BrokerUnderTest,
  filter: string,
): Promise<string[]> {
  const subscriber = await broker.connect();
  await subscriber.subscribe(filter, { options: 2 });
  const packets = await subscriber.pending();
  for (const packet of packets) assertEquals(packet.isRetained, true);
  return packets.map((packet) => packet.text).sort();
}

conformance(
  "a retained message replaces the one before [MQTT-3.3.1-5]",
  async (broker) => {
    const topic = broker.topic("a");
    const publisher = await retain(broker, topic, "one");
    assertEquals(await kept(broker, topic), ["one"]);
    for (const [payload, qos] of [["two", 0], ["three", 2]] as const) {
      await publisher.deliver({ topic, payload, qos, isRetained: true });
      assertEquals(await kept(broker, topic), [payload]);
    }
  },
);

conformance(
  "retained messages stay when their publisher and its session end " +
    "[MQTT-3.3.1-5]",
  async (broker) => {
    const topic = broker.topic("a");
    const publisher = await retain(broker, topic);
    await publisher.disconnect();
    assertEquals(await kept(broker, topic), ["kept"]);
  },
);

conformance(
  "an empty retained PUBLISH is delivered and removes the retained message " +
    "[MQTT-3.3.1-6] [MQTT-3.3.1-7]",
  async (broker) => {
    for (const qos of [0, 1, 2]) {
      const topic = broker.topic(`${qos}`);
      const publisher = await retain(broker, topic);
      const subscriber = await broker.connect();
      await subscriber.subscribe(topic, { options: NEVER | 2 });
      await publisher.deliver({ topic, qos, isRetained: true });
      const received = await subscriber.take();
      assertEquals(received.text, "");
      assertEquals(await kept(broker, topic), []);
      assertEquals(await kept(broker, broker.topic("#")), []);
    }
  },
);

conformance(
  "an empty retained PUBLISH is not stored [MQTT-3.3.1-7]",
  async (broker) => {
    const topic = broker.topic("empty");
    await retain(broker, topic, "");
    assertEquals(await kept(broker, topic), []);
  },
);

conformance(
  "a PUBLISH without RETAIN leaves the retained message alone " +
    "[MQTT-3.3.1-8]",
  async (broker) => {
    const topic = broker.topic("a");
    const publisher = await retain(broker, topic);
    for (const payload of ["passing", ""]) {
      for (const qos of [0, 1, 2]) {
        await publisher.deliver({ topic, payload, qos });
      }
    }
    assertEquals(await kept(broker, topic), ["kept"]);
    const other = broker.topic("b");
    await publisher.deliver({ topic: other, payload: "passing", qos: 1 });
    assertEquals(await kept(broker, other), []);
  },
);

conformance(
  "with Retain Handling 0 each SUBSCRIBE is followed by retained messages " +
    "[MQTT-3.3.1-9] [MQTT-3.8.4-4]",
  async (broker) => {
    const topic = broker.topic("a/b");
    await retain(broker, topic);
    const subscriber = await broker.connect();
    for (const filter of [topic, topic, broker.topic("#"), topic]) {
      await subscriber.subscribe(filter, { options: 1 });
      const received = await subscriber.take();
      assertEquals([received.text, received.isRetained], ["kept", true]);
      await subscriber.expectSilence();
    }
  },
);

conformance(
  "with Retain Handling 1 only a new subscription is followed by retained " +
    "messages [MQTT-3.3.1-10]",
  async (broker) => {
    const topic = broker.topic("a");
    await retain(broker, topic);
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: IF_NEW });
    assertEquals((await subscriber.take()).isRetained, true);
    await subscriber.subscribe(topic, { options: IF_NEW | 1 });
    await subscriber.expectSilence();
    await subscriber.disconnect();
    const [resumed] = await broker.resume(identifier);
    await resumed.subscribe(topic, { options: IF_NEW });
    await resumed.expectSilence();
    await resumed.unsubscribe(topic);
    await resumed.subscribe(topic, { options: IF_NEW });
    assertEquals((await resumed.take()).text, "kept");
  },
);

conformance(
  "with Retain Handling 2 no retained messages follow [MQTT-3.3.1-11]",
  async (broker) => {
    const topic = broker.topic("a");
    const publisher = await retain(broker, topic);
    const subscriber = await broker.connect();
    for (let round = 0; round < 2; round++) {
      await subscriber.subscribe(topic, { options: NEVER });
      await subscriber.expectSilence();
    }
    await publisher.deliver({ topic, payload: "live" });
    assertEquals((await subscriber.take()).text, "live");
  },
);

conformance(
  "a shared subscription is not followed by retained messages " +
    "[MQTT-3.3.1-9]",
  async (broker) => {
    const topic = broker.topic("a");
    await retain(broker, topic);
    const subscriber = await broker.connect();
    await subscriber.subscribe(`$share/group/${topic}`);
    await subscriber.expectSilence();
  },
);

conformance(
  "Retain As Published decides on RETAIN of live messages " +
    "[MQTT-3.3.1-12] [MQTT-3.3.1-13]",
  async (broker) => {
    const topic = broker.topic("a");
    const plain = await broker.connect();
    await plain.subscribe(topic, { options: 2 });
    const asPublished = await broker.connect();
    await asPublished.subscribe(topic, { options: RETAIN_AS_PUBLISHED | 2 });
    const publisher = await broker.connect();
    for (const isRetained of [true, false, true]) {
      for (const qos of [0, 1, 2]) {
        await publisher.deliver({ topic, payload: "x", qos, isRetained });
        assertEquals((await plain.take()).isRetained, false);
        assertEquals((await asPublished.take()).isRetained, isRetained);
      }
    }
  },
);

conformance(
  "RETAIN of a queued message is that of its subscription [MQTT-3.3.1-12] " +
    "[MQTT-3.3.1-13]",
  async (broker) => {
    const publisher = await broker.connect();
    for (const options of [1, RETAIN_AS_PUBLISHED | 1]) {
      const topic = broker.topic(`${options}`);
      const identifier = broker.identifier();
      const [absent] = await broker.resume(identifier);
      await absent.subscribe(topic, { options });
      await absent.disconnect();
      await publisher.deliver({
        topic,
        qos: 1,
        isRetained: true,
        payload: "x",
      });
      const [back] = await broker.resume(identifier);
      assertEquals((await back.take()).isRetained, options > 1);
    }
  },
);

conformance(
  "retained messages come at the lower of the two QoS, with identifier and " +
    "properties [MQTT-3.8.4-8] [MQTT-3.3.4-3] [MQTT-3.3.2-20]",
  async (broker) => {
    const publisher = await broker.connect();
    for (
      const [published, granted] of [[0, 2], [1, 2], [2, 1], [2, 2], [1, 0]]
    ) {
      const topic = broker.topic(`${published}/${granted}`);
      await publisher.deliver({
        topic,
        qos: published,
        payload: "kept",
        isRetained: true,
        properties: [["contentType", "text"]],
      });
      const subscriber = await broker.connect();
      await subscriber.subscribe(topic, {
        options: granted,
        properties: [["subscriptionIdentifier", 268_435_455]],
      });
      const received = await subscriber.take();
      assertEquals(received.qos, Math.min(published, granted));
      assertEquals(received.value("contentType"), "text");
      assertEquals(received.value("subscriptionIdentifier"), 268_435_455);
    }
  },
);

conformance(
  "a retained message expires, and says how long it lives [MQTT-3.3.2-5] " +
    "[MQTT-3.3.2-6]",
  async (broker) => {
    const publisher = await broker.connect();
    for (const [name, seconds] of [["short", 1], ["long", 100]] as const) {
      await publisher.deliver({
        topic: broker.topic(name),
        payload: name,
        isRetained: true,
        properties: [["messageExpiryInterval", seconds]],
      });
    }
    await broker.elapse(2);
    const subscriber = await broker.connect();
    await subscriber.subscribe(broker.topic("#"));
    const received = await subscriber.take();
    assertEquals(received.text, "long");
    assertEquals(received.value("messageExpiryInterval"), 98);
    await subscriber.expectSilence();
  },
);
