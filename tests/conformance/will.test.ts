import { assertEquals } from "../_assert.ts";
import type { BrokerUnderTest } from "./_broker.ts";
import { conformance } from "./_conformance.ts";
import { connect, type WillFields } from "./_packets.ts";
import type { Property } from "./_properties.ts";
import type { RawClient } from "./_raw_client.ts";

/** A subscriber of the Will Topic and a client with a Will. */
interface Pair {
  readonly observer: RawClient;
  readonly client: RawClient;
  readonly clientIdentifier: string;
  readonly topic: string;
}

async function withWill(
  broker: BrokerUnderTest,
  will: Partial<WillFields> = {},
  properties: readonly Property[] = [],
): Promise<Pair> {
  const topic = broker.topic("will");
  const clientIdentifier = broker.identifier();
  const observer = await broker.connect();
  await observer.subscribe(topic, { options: 2 });
  const client = await broker.connect({
    clientIdentifier,
    properties,
    will: { topic, payload: "will", ...will },
  });
  return { observer, client, clientIdentifier, topic };
}

conformance(
  "the Will is published when the connection breaks [MQTT-3.1.2-7] " +
    "[MQTT-3.1.2-8]",
  async (broker) => {
    const { observer, client } = await withWill(broker, { qos: 2 });
    await observer.expectSilence(client);
    client.close();
    const will = await observer.take();
    assertEquals([will.text, will.qos], ["will", 2]);
    await observer.expectSilence();
  },
);

conformance(
  "the Will is published when the client breaks a rule [MQTT-3.1.2-8] " +
    "[MQTT-3.1.0-2]",
  async (broker) => {
    const { observer, client, clientIdentifier } = await withWill(broker);
    await client.send(connect({ clientIdentifier }));
    await client.expectDisconnect(0x82);
    assertEquals((await observer.take()).text, "will");
    await observer.expectSilence();
  },
);

conformance(
  "DISCONNECT 0x00 removes the Will [MQTT-3.1.2-8] [MQTT-3.1.2-10] " +
    "[MQTT-3.14.4-3]",
  async (broker) => {
    for (const parameters of [[], [0]]) {
      const { observer, client, clientIdentifier } = await withWill(broker);
      await client.disconnect(...parameters as []);
      await observer.expectSilence();
      // Nor does it come back with the next connection.
      const next = await broker.connect({ clientIdentifier });
      await next.disconnect(0x04);
      await observer.expectSilence();
    }
  },
);

conformance(
  "DISCONNECT with another code leaves the Will in force [MQTT-3.14.4-3] " +
    "[MQTT-3.1.2-8]",
  async (broker) => {
    for (const reasonCode of [0x04, 0x80, 0x81, 0x83, 0x93, 0x98, 0x99]) {
      const { observer, client } = await withWill(broker);
      await client.disconnect(reasonCode);
      assertEquals((await observer.take()).text, "will");
    }
  },
);

conformance(
  "a Will is published once [MQTT-3.1.2-10]",
  async (broker) => {
    const { observer, client, clientIdentifier } = await withWill(
      broker,
      {},
      [["sessionExpiryInterval", 60]],
    );
    await client.disconnect(0x04);
    await observer.take();
    const [next, connack] = await broker.resume(clientIdentifier);
    assertEquals(connack.sessionPresent, true);
    await next.disconnect(0x04);
    await observer.expectSilence();
  },
);

conformance(
  "the Will waits for its delay [MQTT-3.1.2-8]",
  async (broker) => {
    const { observer, client } = await withWill(
      broker,
      { properties: [["willDelayInterval", 1]] },
      [["sessionExpiryInterval", 60]],
    );
    await client.disconnect(0x04);
    await observer.expectSilence();
    await broker.elapse(1.5);
    const will = await observer.take();
    assertEquals([will.text, will.properties], ["will", []]);
    await broker.elapse(1.5);
    await observer.expectSilence();
  },
);

conformance(
  "the Will does not wait longer than the session lives [MQTT-3.1.2-8]",
  async (broker) => {
    for (const properties of [[], [["sessionExpiryInterval", 0] as const]]) {
      const { observer, client } = await withWill(
        broker,
        { properties: [["willDelayInterval", 1_000]] },
        properties,
      );
      await client.disconnect(0x04);
      assertEquals((await observer.take()).text, "will");
    }
    const { observer, client } = await withWill(
      broker,
      { properties: [["willDelayInterval", 1_000]] },
      [["sessionExpiryInterval", 1]],
    );
    await client.disconnect(0x04);
    await observer.expectSilence();
    await broker.elapse(1.5);
    assertEquals((await observer.take()).text, "will");
  },
);

conformance(
  "a reconnect before the delay has passed stops the Will [MQTT-3.1.3-9] " +
    "[MQTT-3.1.2-8]",
  async (broker) => {
    const { observer, client, clientIdentifier } = await withWill(
      broker,
      { properties: [["willDelayInterval", 1]] },
      [["sessionExpiryInterval", 60]],
    );
    await client.disconnect(0x04);
    const [, connack] = await broker.resume(clientIdentifier);
    assertEquals(connack.sessionPresent, true);
    await broker.elapse(1.5);
    await observer.expectSilence();
  },
);

conformance(
  "a reconnect with Clean Start 1 publishes the Will that waits " +
    "[MQTT-3.1.3-9] [MQTT-3.1.2-8]",
  async (broker) => {
    const { observer, client, clientIdentifier } = await withWill(
      broker,
      { properties: [["willDelayInterval", 1_000]] },
      [["sessionExpiryInterval", 60]],
    );
    await client.disconnect(0x04);
    await observer.expectSilence();
    await broker.connect({ clientIdentifier });
    assertEquals((await observer.take()).text, "will");
  },
);

conformance(
  "a client that is taken over leaves its Will [MQTT-3.1.4-3] " +
    "[MQTT-3.1.3-9]",
  async (broker) => {
    const session = [["sessionExpiryInterval", 60]] as const;
    const plain = await withWill(broker, {}, session);
    await broker.resume(plain.clientIdentifier);
    await plain.client.expectDisconnect(0x8e);
    assertEquals((await plain.observer.take()).text, "will");
    const delayed = await withWill(
      broker,
      { properties: [["willDelayInterval", 1]] },
      session,
    );
    await broker.resume(delayed.clientIdentifier);
    await delayed.client.expectDisconnect(0x8e);
    await broker.elapse(1.5);
    await delayed.observer.expectSilence();
  },
);

conformance(
  "a Will is retained if it asks for it [MQTT-3.1.2-14] [MQTT-3.1.2-15]",
  async (broker) => {
    for (const isRetained of [false, true]) {
      const topic = broker.topic(`retained ${isRetained}`);
      const client = await broker.connect({ will: { topic, isRetained } });
      // Retain As Published: the copy shows what the Will set.
      const observer = await broker.connect();
      await observer.subscribe(topic, { options: 0x08 });
      await client.disconnect(0x04);
      assertEquals((await observer.take()).isRetained, isRetained);
    }
    for (const isRetained of [false, true]) {
      const topic = broker.topic(`stored ${isRetained}`);
      const client = await broker.connect({
        will: { topic, isRetained, payload: "stored" },
      });
      await client.disconnect(0x04);
      const late = await broker.connect();
      await late.subscribe(topic);
      if (isRetained) {
        const will = await late.take();
        assertEquals([will.text, will.isRetained], ["stored", true]);
      }
      await late.expectSilence();
    }
  },
);

conformance(
  "a Will is published with its properties, in their order " +
    "[MQTT-3.1.3-10] [MQTT-3.3.2-17] [MQTT-3.3.2-18]",
  async (broker) => {
    const forwarded = [
      ["payloadFormatIndicator", 1],
      ["contentType", "text"],
      ["responseTopic", "answers"],
      ["correlationData", Uint8Array.of(0, 255)],
    ] satisfies Property[];
    const userProperties = [
      ["userProperty", "z", "1"],
      ["userProperty", "a", "2"],
      ["userProperty", "z", "1"],
      ["userProperty", "", ""],
    ] satisfies Property[];
    const { observer, client } = await withWill(broker, {
      properties: [
        userProperties[0],
        ["willDelayInterval", 0],
        ...forwarded,
        ["messageExpiryInterval", 60],
        ...userProperties.slice(1),
      ],
    });
    await client.disconnect(0x04);
    const will = await observer.take();
    assertEquals(will.all("userProperty"), userProperties);
    for (const [name, value] of forwarded) {
      assertEquals(will.value(name), value);
    }
    assertEquals(will.value("messageExpiryInterval"), 60);
    assertEquals(will.value("willDelayInterval"), undefined);
  },
);
