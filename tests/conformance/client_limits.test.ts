import { assertEquals } from "../_assert.ts";
import type { BrokerUnderTest } from "./_broker.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge, publish, subscribe } from "./_packets.ts";
import type { RawClient } from "./_raw_client.ts";

const MAXIMUM_PACKET_SIZE = 100;

/** A payload with which a PUBLISH to `topic` has `sizeBytes`. */
function payloadFor(topic: string, qos: number, sizeBytes: number): string {
  return "x".repeat(sizeBytes - publish({ topic, qos }).length);
}

/** A subscriber to `filter` that takes small packets only, one at a time. */
async function smallSubscriber(
  broker: BrokerUnderTest,
  filter: string,
  clientIdentifier = broker.identifier(),
): Promise<RawClient> {
  const subscriber = await broker.connect({
    clientIdentifier,
    properties: [
      ["maximumPacketSize", MAXIMUM_PACKET_SIZE],
      ["receiveMaximum", 1],
      ["sessionExpiryInterval", 60],
    ],
  });
  await subscriber.subscribe(filter, { options: 2 });
  return subscriber;
}

conformance(
  "a message of just the client's Maximum Packet Size is sent, a larger one " +
    "counts as delivered [MQTT-3.1.2-24] [MQTT-3.1.2-25]",
  async (broker) => {
    const topic = broker.topic("small");
    const subscriber = await smallSubscriber(broker, topic);
    const other = await broker.connect();
    await other.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const qos of [0, 1, 2]) {
      const fits = payloadFor(topic, qos, MAXIMUM_PACKET_SIZE);
      for (const payload of [`${fits}x`, fits, `${fits}xx`]) {
        const answer = await publisher.deliver({ topic, qos, payload });
        assertEquals(answer.reasonCode, 0);
        assertEquals((await other.take()).text, payload);
      }
      const received = await subscriber.take();
      assertEquals(received.text, fits);
      assertEquals(received.bytes.length, MAXIMUM_PACKET_SIZE);
      await subscriber.expectSilence();
    }
  },
);

conformance(
  "a message that is too large for its only receiver was still accepted " +
    "[MQTT-3.1.2-25] [MQTT-4.3.2-4] [MQTT-4.3.3-8]",
  async (broker) => {
    const topic = broker.topic("only");
    const subscriber = await smallSubscriber(broker, topic);
    const publisher = await broker.connect();
    for (const qos of [1, 2]) {
      const payload = payloadFor(topic, qos, MAXIMUM_PACKET_SIZE + 1);
      const answer = await publisher.deliver({ topic, qos, payload });
      assertEquals(answer.reasonCode, 0);
      await publisher.deliver({ topic, qos, payload: "small" });
      assertEquals((await subscriber.take()).text, "small");
    }
  },
);

conformance(
  "a queued or retained message that is too large is dropped " +
    "[MQTT-3.1.2-24] [MQTT-3.1.2-25]",
  async (broker) => {
    const topic = broker.topic("waits");
    const clientIdentifier = broker.identifier();
    const subscriber = await smallSubscriber(broker, topic, clientIdentifier);
    await subscriber.disconnect();
    const publisher = await broker.connect();
    const payload = payloadFor(topic, 1, MAXIMUM_PACKET_SIZE + 1);
    for (const text of [payload, "one", payload, "two"]) {
      await publisher.deliver({ topic, qos: 1, payload: text });
    }
    await publisher.deliver({
      topic: broker.topic("kept"),
      payload: "x".repeat(100),
      isRetained: true,
      qos: 1,
    });
    const back = await broker.open();
    const connack = await back.connect({
      clientIdentifier,
      cleanStart: false,
      properties: [
        ["maximumPacketSize", MAXIMUM_PACKET_SIZE],
        ["receiveMaximum", 1],
      ],
    });
    assertEquals(connack.sessionPresent, true);
    for (const text of ["one", "two"]) {
      assertEquals((await back.take()).text, text);
    }
    await back.subscribe(broker.topic("kept"), { options: 1 });
    await back.expectSilence();
    await publisher.deliver({ topic: broker.topic("kept"), payload: "live" });
    assertEquals((await back.take()).text, "live");
  },
);

conformance(
  "an answer that cannot be made small enough is not sent [MQTT-3.1.2-24]",
  async (broker) => {
    const client = await broker.connect({
      properties: [["maximumPacketSize", 30]],
    });
    const filters = Array.from(
      { length: 40 },
      (_, index) => [broker.topic(`${index}`), 0] as const,
    );
    await client.send(subscribe(filters));
    await client.expectDisconnect(0x95);
  },
);

conformance(
  "the server uses no Topic Alias above the client's maximum " +
    "[MQTT-3.1.2-26] [MQTT-3.3.2-11]",
  async (broker) => {
    const subscriber = await broker.connect({
      properties: [["topicAliasMaximum", 2]],
    });
    await subscriber.subscribe(broker.topic("#"), { options: 1 });
    const publisher = await broker.connect();
    const topics = ["a", "b", "c", "d", "a", "d", "b", "a"].map((name) =>
      broker.topic(name)
    );
    const aliases = new Map<unknown, string>();
    for (const [index, topic] of topics.entries()) {
      await publisher.deliver({ topic, qos: index % 2 });
      const received = await subscriber.take();
      const alias = received.value("topicAlias");
      if (received.topic === "") {
        assertEquals(aliases.get(alias), topic);
      } else {
        assertEquals(received.topic, topic);
        if (alias !== undefined) aliases.set(alias, topic);
      }
    }
  },
);

conformance(
  "a client that announces no aliases gets none [MQTT-3.1.2-27] " +
    "[MQTT-3.3.2-11]",
  async (broker) => {
    const publisher = await broker.connect();
    const topic = broker.topic("plain");
    for (const properties of [[], [["topicAliasMaximum", 0] as const]]) {
      const subscriber = await broker.connect({ properties });
      await subscriber.subscribe(topic, { options: 1 });
      for (const qos of [0, 1, 0, 1]) {
        await publisher.deliver({
          topic,
          qos,
          properties: [["topicAlias", 1]],
        });
        const received = await subscriber.take();
        assertEquals(received.topic, topic);
        assertEquals(received.value("topicAlias"), undefined);
      }
    }
  },
);

conformance(
  "the aliases of the server end with the connection [MQTT-3.3.2-7]",
  async (broker) => {
    const topic = broker.topic("alias");
    const identifier = broker.identifier();
    const publisher = await broker.connect();
    for (let round = 0; round < 2; round++) {
      const [subscriber] = await broker.resume(identifier, {
        properties: [["topicAliasMaximum", 5]],
      });
      await subscriber.subscribe(topic);
      await publisher.deliver({ topic });
      assertEquals((await subscriber.take()).topic, topic);
      await subscriber.disconnect();
    }
  },
);

conformance(
  "Response Information comes only when it is asked for [MQTT-3.1.2-28]",
  async (broker) => {
    for (
      const properties of [[], [["requestResponseInformation", 0] as const]]
    ) {
      const [, connack] = await broker.connectWithConnack({ properties });
      assertEquals(connack.value("responseInformation"), undefined);
    }
  },
);

conformance(
  "with Request Problem Information 0 answers carry no explanation " +
    "[MQTT-3.1.2-29]",
  async (broker) => {
    const topic = broker.topic("quiet");
    const client = await broker.connect({
      properties: [["requestProblemInformation", 0]],
    });
    const answers = [
      await client.subscribe(topic),
      await client.unsubscribe(topic, topic),
      await client.deliver({ topic, qos: 1 }),
      await client.deliver({ topic, qos: 2 }),
    ];
    await client.send(acknowledge("pubrel", 99), acknowledge("pubrec", 99));
    answers.push(await client.expect("PUBCOMP"));
    answers.push(await client.expect("PUBREL"));
    for (const answer of answers) {
      assertEquals(answer.properties, [], answer.toString());
    }
    await client.subscribe(topic);
    await client.publish({
      topic,
      properties: [["userProperty", "name", "value"]],
    });
    assertEquals((await client.take()).all("userProperty").length, 1);
  },
);
