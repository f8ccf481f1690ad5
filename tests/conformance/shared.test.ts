import { assertEquals } from "../_assert.ts";
import { uint8 } from "./_bytes.ts";
import type { BrokerUnderTest } from "./_broker.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge } from "./_packets.ts";
import type { RawClient } from "./_raw_client.ts";

/** `count` members of one shared subscription to `topic`. */
async function members(
  broker: BrokerUnderTest,
  topic: string,
  { count, options = 2 }: { count: number; options?: number },
): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let index = 0; index < count; index++) {
    const [client] = await broker.resume(broker.identifier());
    await client.subscribe(`$share/group/${topic}`, { options });
    clients.push(client);
  }
  return clients;
}

conformance(
  "each message goes to one member of each group and to all others " +
    "[MQTT-4.8.2-1] [MQTT-4.8.2-2]",
  async (broker) => {
    const topic = broker.topic("work");
    const group = await members(broker, topic, { count: 3, options: 0 });
    const other = await broker.connect();
    await other.subscribe(`$share/other/${topic}`);
    const plain = await broker.connect();
    await plain.subscribe(topic);
    const publisher = await broker.connect();
    for (let index = 0; index < 9; index++) {
      await publisher.deliver({ topic, payload: `${index}` });
    }
    const shared: string[] = [];
    for (const client of group) {
      shared.push(...(await client.pending()).map(({ text }) => text));
    }
    const all = Array.from({ length: 9 }, (_, index) => `${index}`);
    assertEquals(shared.sort(), all);
    for (const client of [other, plain]) {
      assertEquals((await client.pending()).map(({ text }) => text), all);
    }
  },
);

conformance(
  "a ShareName is part of the filter for UNSUBSCRIBE [MQTT-4.8.2-2] " +
    "[MQTT-3.10.4-1]",
  async (broker) => {
    const topic = broker.topic("left");
    const [client] = await members(broker, topic, { count: 1, options: 0 });
    const none = await client.unsubscribe(topic, `$share/other/${topic}`);
    assertEquals(none.reasonCodes, [0x11, 0x11]);
    await client.publish({ topic });
    await client.take();
    const one = await client.unsubscribe(`$share/group/${topic}`);
    assertEquals(one.reasonCodes, [0x00]);
    await client.publish({ topic });
    await client.expectSilence();
  },
);

conformance(
  "a member gets a shared message at its granted QoS [MQTT-4.8.2-3]",
  async (broker) => {
    const publisher = await broker.connect();
    for (const granted of [0, 1, 2]) {
      const topic = broker.topic(`${granted}`);
      const [client] = await members(broker, topic, {
        count: 1,
        options: granted,
      });
      for (const published of [0, 1, 2]) {
        await publisher.deliver({ topic, qos: published });
        const received = await client.take();
        assertEquals(received.qos, Math.min(granted, published));
      }
    }
  },
);

/** A QoS 2 message that one of two members has received and not answered. */
async function begun(broker: BrokerUnderTest, topic: string) {
  const identifiers = [broker.identifier(), broker.identifier()];
  const clients: RawClient[] = [];
  for (const identifier of identifiers) {
    const [client] = await broker.resume(identifier);
    await client.subscribe(`$share/group/${topic}`, { options: 2 });
    clients.push(client);
  }
  const publisher = await broker.connect();
  await publisher.deliver({ topic, qos: 2, payload: "one" });
  const received = [await clients[0].pending(), await clients[1].pending()];
  assertEquals(received[0].length + received[1].length, 1);
  const chosen = received[0].length === 1 ? 0 : 1;
  return {
    client: clients[chosen],
    identifier: identifiers[chosen],
    other: clients[1 - chosen],
    packetIdentifier: received[chosen][0].packetIdentifier,
  };
}

conformance(
  "a QoS 2 delivery that broke off is completed to the same member " +
    "[MQTT-4.8.2-4]",
  async (broker) => {
    for (const hasPubrec of [false, true]) {
      const topic = broker.topic(`broken ${hasPubrec}`);
      const { client, identifier, other, packetIdentifier } = await begun(
        broker,
        topic,
      );
      if (hasPubrec) {
        await client.send(acknowledge("pubrec", packetIdentifier));
        await client.expect("PUBREL");
      }
      client.close();
      await other.expectSilence();
      const [back] = await broker.resume(identifier);
      const again = await back.expect(hasPubrec ? "PUBREL" : "PUBLISH");
      assertEquals(again.packetIdentifier, packetIdentifier);
      await other.expectSilence();
    }
  },
);

conformance(
  "when the session of the member ends, nobody else gets the message " +
    "[MQTT-4.8.2-5]",
  async (broker) => {
    const topic = broker.topic("ended");
    const { client, identifier, other } = await begun(broker, topic);
    await client.disconnect(0, ["sessionExpiryInterval", 0]);
    await other.expectSilence();
    const [back, connack] = await broker.resume(identifier);
    assertEquals(connack.sessionPresent, false);
    await back.expectSilence();
    await other.expectSilence();
  },
);

conformance(
  "what a member refuses goes to no other member [MQTT-4.8.2-6]",
  async (broker) => {
    const topic = broker.topic("refused");
    const group = await members(broker, topic, { count: 2 });
    const publisher = await broker.connect();
    for (const [qos, name] of [[1, "puback"], [2, "pubrec"]] as const) {
      for (let round = 0; round < 2; round++) {
        await publisher.deliver({ topic, qos });
        let count = 0;
        for (const client of group) {
          for (const { packetIdentifier } of await client.pending()) {
            count++;
            await client.send(
              acknowledge(name, packetIdentifier, uint8(0x83)),
            );
          }
        }
        assertEquals(count, 1);
        for (const client of group) await client.expectSilence();
        for (const client of group) await client.expectSilence();
      }
    }
  },
);
