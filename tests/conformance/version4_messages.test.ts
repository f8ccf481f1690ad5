import { assertEquals } from "../_assert.ts";
import { ForbiddingAuthorizer } from "./_authorizers.ts";
import { frame, uint16 } from "./_bytes.ts";
import { conformance } from "./_conformance.ts";
import { unsubscribe } from "./_packets.ts";

const version = 4;

conformance(
  "an error of the server closes the connection without a packet " +
    "[3.1.1 MQTT-4.8.0-2]",
  async (broker) => {
    const other = await broker.connect({ version });
    const client = await broker.connect({ version });
    await client.publish({ topic: "defect", qos: 1 });
    await client.expectClosed();
    await other.ping();
  },
  { authorizer: new ForbiddingAuthorizer(), internalErrorCount: 1 },
);

conformance(
  "a PUBLISH that is not allowed is acknowledged and goes nowhere " +
    "[3.1.1 MQTT-3.3.5-2]",
  async (broker) => {
    const observer = await broker.connect({ version });
    await observer.subscribe("#");
    const client = await broker.connect({ version });
    for (const qos of [0, 1, 2]) {
      const answer = await client.deliver({ topic: "forbidden", qos });
      assertEquals(answer.bytes.length, qos === 0 ? 2 : 4);
    }
    await observer.expectSilence();
  },
  { authorizer: new ForbiddingAuthorizer() },
);

conformance(
  "retained messages are kept with their QoS and sent with RETAIN 1 to " +
    "each new subscription [3.1.1 MQTT-3.3.1-5] [3.1.1 MQTT-3.3.1-6] " +
    "[3.1.1 MQTT-3.3.1-8]",
  async (broker) => {
    const publisher = await broker.connect({ version });
    for (const qos of [0, 1, 2]) {
      const topic = broker.topic(`${qos}/a`);
      await publisher.deliver({
        topic,
        qos,
        payload: "kept",
        isRetained: true,
      });
      for (const filter of [topic, broker.topic(`${qos}/+`)]) {
        const client = await broker.connect({ version });
        await client.subscribe(filter, { options: 2 });
        const received = await client.take();
        assertEquals(
          [received.qos, received.isRetained, received.text],
          [qos, true, "kept"],
        );
      }
    }
  },
);

conformance(
  "a QoS 0 PUBLISH with RETAIN drops the retained message before it " +
    "[3.1.1 MQTT-3.3.1-7]",
  async (broker) => {
    const topic = broker.topic("a");
    const publisher = await broker.connect({ version });
    await publisher.deliver({
      topic,
      qos: 1,
      payload: "old",
      isRetained: true,
    });
    await publisher.deliver({ topic, payload: "new", isRetained: true });
    const client = await broker.connect({ version });
    await client.subscribe(topic);
    const texts = (await client.pending()).map(({ text }) => text);
    assertEquals(texts.includes("old"), false);
  },
);

conformance(
  "live messages have RETAIN 0 [3.1.1 MQTT-3.3.1-9]",
  async (broker) => {
    const topic = broker.topic("live");
    const client = await broker.connect({ version });
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect({ version });
    for (const qos of [0, 1, 2]) {
      await publisher.deliver({ topic, qos, payload: "x", isRetained: true });
      assertEquals((await client.take()).isRetained, false);
    }
  },
);

conformance(
  "a server without wildcards refuses the filters that have some " +
    "[3.1.1 MQTT-3.8.3-2]",
  async (broker) => {
    const client = await broker.connect({ version });
    const suback = await client.subscribe([
      ["a/#", 1],
      ["plain", 1],
      ["+", 0],
    ]);
    assertEquals(suback.reasonCodes, [0x80, 1, 0x80]);
    await client.publish({ topic: "plain" });
    await client.take();
  },
  { limits: { wildcardSubscriptionAvailable: false } },
);

conformance(
  "SUBACK has one return code for each filter [3.1.1 MQTT-3.8.4-5] " +
    "[3.1.1 MQTT-3.9.3-2]",
  async (broker) => {
    const client = await broker.connect({ version });
    const suback = await client.subscribe([
      ["one", 2],
      ["forbidden", 1],
      ["two", 0],
      ["three", 1],
    ]);
    assertEquals(suback.reasonCodes, [2, 0x80, 0, 1]);
    assertEquals(suback.bytes.length, 2 + 2 + 4);
  },
  { authorizer: new ForbiddingAuthorizer() },
);

conformance(
  "an equal filter replaces the subscription and brings retained messages " +
    "again [3.1.1 MQTT-3.8.4-3]",
  async (broker) => {
    const topic = broker.topic("a");
    const publisher = await broker.connect({ version });
    await publisher.deliver({
      topic,
      qos: 1,
      payload: "kept",
      isRetained: true,
    });
    const client = await broker.connect({ version });
    for (const options of [2, 0, 1]) {
      await client.subscribe(topic, { options });
      const received = await client.take();
      assertEquals(
        [received.text, received.isRetained, received.qos],
        ["kept", true, Math.min(1, options)],
      );
    }
    await publisher.deliver({ topic, qos: 2, payload: "live" });
    assertEquals((await client.take()).qos, 1);
    await client.expectSilence();
  },
);

conformance(
  "UNSUBACK has no payload [3.1.1 MQTT-3.10.4-4]",
  async (broker) => {
    const client = await broker.connect({ version });
    const topic = broker.topic("a");
    await client.subscribe(topic);
    for (const packetIdentifier of [1, 0x0100, 0xffff]) {
      await client.send(
        unsubscribe([topic, "none"], { version, packetIdentifier }),
      );
      assertEquals(
        (await client.expect("UNSUBACK")).bytes,
        frame(0xb0, uint16(packetIdentifier)),
      );
    }
    await client.publish({ topic });
    await client.expectSilence();
  },
);

conformance(
  "a 5.0 client and a 3.1.1 client understand each other " +
    "[3.1.1 MQTT-7.0.0-2]",
  async (broker) => {
    const topic = broker.topic("mixed");
    const four = await broker.connect({ version });
    await four.subscribe(topic, { options: 2 });
    const five = await broker.connect();
    await five.subscribe(topic, { options: 2 });
    for (const qos of [0, 1, 2]) {
      const publisher = await broker.connect();
      await publisher.deliver({
        topic,
        qos,
        payload: "from 5.0",
        properties: [["contentType", "text"], ["topicAlias", 1]],
      });
      assertEquals(
        (await four.take()).text,
        "from 5.0",
      );
      assertEquals((await five.take()).value("contentType"), "text");
      const old = await broker.connect({ version });
      await old.deliver({ topic, qos, payload: "from 3.1.1" });
      assertEquals((await four.take()).text, "from 3.1.1");
      assertEquals((await five.take()).properties, []);
    }
  },
);
