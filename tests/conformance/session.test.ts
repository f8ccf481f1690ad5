import { assertEquals } from "../_assert.ts";
import { conformance } from "./_conformance.ts";

conformance(
  "Clean Start 1 drops the stored session [MQTT-3.1.2-4] [MQTT-3.1.4-4] " +
    "[MQTT-3.2.2-2]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("clean");
    const publisher = await broker.connect();
    const [old] = await broker.resume(identifier);
    await old.subscribe(topic, { options: 1 });
    await publisher.deliver({ topic, qos: 1, payload: "in flight" });
    await old.expect("PUBLISH");
    await old.disconnect();
    await publisher.deliver({ topic, qos: 1, payload: "queued" });
    const [fresh, connack] = await broker.resume(identifier, {
      cleanStart: true,
    });
    assertEquals([connack.sessionPresent, connack.reasonCode], [false, 0]);
    await publisher.deliver({ topic, qos: 1, payload: "unsubscribed" });
    await fresh.expectSilence();
    await fresh.disconnect();
    const [again, second] = await broker.resume(identifier);
    assertEquals(second.sessionPresent, true);
    await again.expectSilence();
  },
);

conformance(
  "Clean Start 0 goes on with the stored session [MQTT-3.1.2-5] " +
    "[MQTT-3.1.2-23] [MQTT-3.1.4-4] [MQTT-3.2.2-3] [MQTT-4.5.0-1]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("resumed");
    const publisher = await broker.connect();
    const [old] = await broker.resume(identifier);
    await old.subscribe(topic, { options: 2 });
    await old.disconnect();
    await publisher.deliver({ topic, qos: 1, payload: "one" });
    await publisher.deliver({ topic, qos: 2, payload: "two" });
    const [client, connack] = await broker.resume(identifier);
    assertEquals([connack.sessionPresent, connack.reasonCode], [true, 0]);
    for (const [payload, qos] of [["one", 1], ["two", 2]]) {
      const message = await client.take();
      assertEquals([message.text, message.qos], [payload, qos]);
      assertEquals(message.isDuplicate, false);
    }
    await publisher.deliver({ topic, payload: "live" });
    assertEquals((await client.take()).text, "live");
  },
);

conformance(
  "Clean Start 0 without a stored session begins one [MQTT-3.1.2-6] " +
    "[MQTT-3.2.2-3]",
  async (broker) => {
    const [client, connack] = await broker.resume(broker.identifier());
    assertEquals([connack.sessionPresent, connack.reasonCode], [false, 0]);
    const topic = broker.topic("begun");
    await client.subscribe(topic);
    await client.publish({ topic });
    await client.take();
  },
);

conformance(
  "Session Present is 1 as long as the session is kept [MQTT-3.2.2-3] " +
    "[MQTT-3.2.2-2]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    for (const [cleanStart, isPresent] of [[1, 0], [0, 1], [0, 1], [1, 0]]) {
      const [client, connack] = await broker.resume(clientIdentifier, {
        cleanStart: cleanStart === 1,
      });
      assertEquals(connack.sessionPresent, isPresent === 1);
      await client.disconnect();
    }
  },
);

conformance(
  "a session without Session Expiry Interval ends with its connection " +
    "[MQTT-3.1.2-23] [MQTT-4.1.0-2]",
  async (broker) => {
    for (const properties of [[], [["sessionExpiryInterval", 0] as const]]) {
      const clientIdentifier = broker.identifier();
      const client = await broker.connect({ clientIdentifier, properties });
      await client.disconnect();
      const [, connack] = await broker.resume(clientIdentifier);
      assertEquals(connack.sessionPresent, false);
    }
  },
);

conformance(
  "a session ends when its Session Expiry Interval has run out " +
    "[MQTT-4.1.0-2] [MQTT-3.1.2-23]",
  async (broker) => {
    const short = broker.identifier();
    const long = broker.identifier();
    for (const [clientIdentifier, seconds] of [[short, 1], [long, 60]]) {
      const client = await broker.connect({
        clientIdentifier: clientIdentifier as string,
        properties: [["sessionExpiryInterval", seconds as number]],
      });
      await client.disconnect();
    }
    await broker.elapse(3);
    const [, ended] = await broker.resume(short);
    assertEquals(ended.sessionPresent, false);
    const [, kept] = await broker.resume(long);
    assertEquals(kept.sessionPresent, true);
  },
);

conformance(
  "a reconnect starts the Session Expiry Interval anew [MQTT-4.1.0-2]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const properties = [["sessionExpiryInterval", 2]] as const;
    for (let round = 0; round < 3; round++) {
      const [client, connack] = await broker.connectWithConnack({
        clientIdentifier,
        cleanStart: false,
        properties,
      });
      assertEquals(connack.sessionPresent, round > 0);
      await client.disconnect();
      await broker.elapse(1.2);
    }
  },
);

conformance(
  "a Session Expiry Interval of 0xFFFFFFFF never runs out [MQTT-3.1.2-23]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const [client, connack] = await broker.connectWithConnack({
      clientIdentifier,
      properties: [["sessionExpiryInterval", 0xffff_ffff]],
    });
    assertEquals(connack.value("sessionExpiryInterval"), undefined);
    await client.disconnect();
    await broker.elapse(0xffff_ffff * 2);
    const [, resumed] = await broker.resume(clientIdentifier);
    assertEquals(resumed.sessionPresent, true);
  },
  { limits: { sessionExpiryCapSeconds: 0xffff_ffff }, isInProcess: true },
);

conformance(
  "DISCONNECT may change the Session Expiry Interval [MQTT-4.1.0-2] " +
    "[MQTT-3.14.2-2]",
  async (broker) => {
    const identifier = broker.identifier();
    const [client] = await broker.resume(identifier);
    await client.disconnect(0, ["sessionExpiryInterval", 0]);
    const [second, ended] = await broker.resume(identifier);
    assertEquals(ended.sessionPresent, false);
    await second.disconnect(0, ["sessionExpiryInterval", 1]);
    await broker.elapse(3);
    const [, expired] = await broker.resume(identifier);
    assertEquals(expired.sessionPresent, false);
  },
);

conformance(
  "a session stays while its connection is open [MQTT-4.1.0-1]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const topic = broker.topic("open");
    const client = await broker.connect({
      clientIdentifier,
      properties: [["sessionExpiryInterval", 1]],
    });
    await client.subscribe(topic);
    await broker.elapse(3);
    await client.publish({ topic, payload: "still here" });
    assertEquals((await client.take()).text, "still here");
    await client.disconnect();
    const [, connack] = await broker.resume(clientIdentifier);
    assertEquals(connack.sessionPresent, true);
  },
);

conformance(
  "each Client Identifier has a session of its own [MQTT-3.1.3-2]",
  async (broker) => {
    const identifier = broker.identifier();
    const [client] = await broker.resume(identifier);
    await client.disconnect();
    for (const other of [`${identifier}0`, identifier.toUpperCase()]) {
      const [, connack] = await broker.resume(other);
      assertEquals(connack.sessionPresent, false);
    }
    const [, connack] = await broker.resume(identifier);
    assertEquals(connack.sessionPresent, true);
  },
);
