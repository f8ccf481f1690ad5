import { assert, assertEquals } from "../_assert.ts";
import { acknowledge } from "./_packets.ts";
import { conformance } from "./_conformance.ts";
import type { ServerPacket } from "./_decode.ts";

/** The Topic Alias Maximum that a CONNACK announces. */
function announced(connack: ServerPacket): number {
  return (connack.value("topicAliasMaximum") ?? 0) as number;
}

conformance(
  "every Topic Alias up to the announced maximum is accepted " +
    "[MQTT-3.3.2-12]",
  async (broker) => {
    const subscriber = await broker.connect();
    await subscriber.subscribe(broker.topic("#"), { options: 1 });
    const [publisher, connack] = await broker.connectWithConnack();
    const maximum = announced(connack);
    assert(maximum > 0, "the broker offers no Topic Alias by default");
    for (let alias = 1; alias <= maximum; alias++) {
      await publisher.deliver({
        topic: broker.topic(`${alias}`),
        properties: [["topicAlias", alias]],
      });
      assertEquals((await subscriber.take()).topic, broker.topic(`${alias}`));
    }
    for (let alias = maximum; alias >= 1; alias--) {
      await publisher.deliver({
        topic: "",
        qos: alias % 3,
        payload: "again",
        properties: [["topicAlias", alias]],
      });
      const received = await subscriber.take();
      assertEquals(received.topic, broker.topic(`${alias}`));
      assertEquals(received.text, "again");
      assertEquals(received.value("topicAlias"), undefined);
    }
  },
);

conformance(
  "a Topic Alias can be given to another topic [MQTT-3.3.2-12]",
  async (broker) => {
    const subscriber = await broker.connect();
    await subscriber.subscribe(broker.topic("#"));
    const publisher = await broker.connect();
    const properties = [["topicAlias", 1]] as const;
    for (const name of ["a", "b", "a", "c"]) {
      const topic = broker.topic(name);
      await publisher.publish({ topic, properties });
      await publisher.publish({ topic: "", properties });
      assertEquals((await subscriber.take()).topic, topic);
      assertEquals((await subscriber.take()).topic, topic);
    }
  },
);

conformance(
  "a Topic Alias is set whatever becomes of its message [MQTT-3.3.2-12]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("repeated");
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic);
    const message = {
      topic,
      qos: 2,
      payload: "once",
      packetIdentifier: 7,
    };
    const [publisher] = await broker.resume(identifier);
    await publisher.publish(message);
    await publisher.expect("PUBREC");
    await publisher.disconnect();
    // The repeat of a message that the server knows already sets the alias.
    const [again] = await broker.resume(identifier);
    const properties = [["topicAlias", 3]] as const;
    await again.publish({ ...message, isDuplicate: true, properties });
    assertEquals((await again.expect("PUBREC")).packetIdentifier, 7);
    await again.send(acknowledge("pubrel", 7));
    await again.expect("PUBCOMP");
    await again.deliver({ topic: "", payload: "by alias", properties });
    assertEquals((await subscriber.take()).text, "once");
    assertEquals((await subscriber.take()).text, "by alias");
  },
);

conformance(
  "Topic Aliases are forgotten with the connection [MQTT-3.3.2-7]",
  async (broker) => {
    const identifier = broker.identifier();
    const properties = [["topicAlias", 1]] as const;
    const [first] = await broker.resume(identifier);
    await first.deliver({ topic: broker.topic("a"), properties });
    await first.disconnect();
    const [second, connack] = await broker.resume(identifier);
    assertEquals(connack.sessionPresent, true);
    await second.publish({ topic: "", properties });
    await second.expectDisconnect(0x82);
  },
);

conformance(
  "a Topic Alias that was never set ends the connection [MQTT-4.7.3-1] " +
    "[MQTT-3.3.2-7]",
  async (broker) => {
    const client = await broker.connect();
    await client.deliver({
      topic: broker.topic("a"),
      properties: [["topicAlias", 1]],
    });
    await client.publish({ topic: "", properties: [["topicAlias", 2]] });
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "the Topic Aliases of two clients are apart [MQTT-3.3.2-12]",
  async (broker) => {
    const one = await broker.connect();
    const two = await broker.connect();
    const properties = [["topicAlias", 1]] as const;
    await one.deliver({ topic: broker.topic("a"), properties });
    await two.publish({ topic: "", properties });
    await two.expectDisconnect(0x82);
    await one.deliver({ topic: "", properties });
  },
);

conformance(
  "Topic Alias 0 ends the connection [MQTT-3.3.2-8]",
  async (broker) => {
    for (const topic of [broker.topic("a"), ""]) {
      const client = await broker.connect();
      await client.publish({ topic, properties: [["topicAlias", 0]] });
      await client.expectDisconnect(0x94);
    }
  },
);

conformance(
  "a Topic Alias above the announced maximum ends the connection " +
    "[MQTT-3.2.2-17] [MQTT-3.3.2-9]",
  async (broker) => {
    for (const topic of [broker.topic("a"), ""]) {
      const [client, connack] = await broker.connectWithConnack();
      const topicAlias = announced(connack) + 1;
      await client.publish({ topic, properties: [["topicAlias", topicAlias]] });
      await client.expectDisconnect(0x94);
    }
  },
);

conformance(
  "without Topic Alias Maximum any alias ends the connection " +
    "[MQTT-3.2.2-18]",
  async (broker) => {
    for (const topicAlias of [1, 65_535]) {
      const [client, connack] = await broker.connectWithConnack();
      assertEquals(announced(connack), 0);
      await client.publish({
        topic: broker.topic("a"),
        properties: [["topicAlias", topicAlias]],
      });
      await client.expectDisconnect(0x94);
    }
  },
  { limits: { topicAliasMaximum: 0 } },
);
