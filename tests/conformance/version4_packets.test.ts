import { assertEquals } from "../_assert.ts";
import type { Authorizer } from "../../src/broker/mod.ts";
import { frame, hex, lengthPrefixed, uint16 } from "./_bytes.ts";
import { type Case, eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import { publish, subscribe, unsubscribe } from "./_packets.ts";

const version = 4;
const fields = { version } as const;

/** Tests that each packet of `cases` closes its connection, with no packet in return. */
function closes(name: string, cases: readonly Case<Uint8Array>[]): void {
  conformance(name, async (broker) => {
    await eachCase(cases, async (bytes) => {
      const client = await broker.connect({ version });
      await client.send(bytes);
      await client.expectClosed();
    });
  });
}

for (
  const [fault, texts, label] of [
    ["ill-formed UTF-8", illFormedUtf8, "[3.1.1 MQTT-1.5.3-1]"],
    ["U+0000", withNull, "[3.1.1 MQTT-1.5.3-2]"],
  ] as const
) {
  closes(
    `a packet with ${fault} closes the connection ${label}`,
    texts.flatMap(([name, text]) => [
      [`PUBLISH, ${name}`, publish({ version, topic: text })],
      [`SUBSCRIBE, ${name}`, subscribe([[text, 0]], fields)],
      [`UNSUBSCRIBE, ${name}`, unsubscribe([text], fields)],
    ]),
  );
}

closes(
  "wrong reserved flags close the connection [3.1.1 MQTT-2.2.2-2]",
  [
    ["PUBACK", frame(0x41, uint16(1))],
    ["PUBREC", frame(0x52, uint16(1))],
    ["PUBREL", frame(0x60, uint16(1))],
    ["PUBREL with DUP", frame(0x6a, uint16(1))],
    ["PUBCOMP", frame(0x78, uint16(1))],
    ["SUBSCRIBE", frame(0x80, uint16(1), lengthPrefixed("a"), hex("00"))],
    [
      "SUBSCRIBE with DUP",
      frame(0x8a, uint16(1), lengthPrefixed("a"), hex("00")),
    ],
    ["UNSUBSCRIBE", frame(0xa3, uint16(1), lengthPrefixed("a"))],
    ["PINGREQ", frame(0xc1)],
  ],
);

closes(
  "DISCONNECT with reserved flags closes the connection " +
    "[3.1.1 MQTT-3.14.1-1] [3.1.1 MQTT-2.2.2-2]",
  [1, 2, 4, 8].map((flags) => [`${flags}`, frame(0xe0 | flags)]),
);

conformance(
  "DISCONNECT with reserved flags leaves the Will in force " +
    "[3.1.1 MQTT-3.14.1-1]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const client = await broker.connect({ version, will: { topic } });
    await client.send(frame(0xe1));
    await client.expectClosed();
    await observer.take();
  },
);

closes(
  "Packet Identifier 0 closes the connection [3.1.1 MQTT-2.3.1-1]",
  [
    ["QoS 1", publish({ version, topic: "a", qos: 1, packetIdentifier: 0 })],
    ["QoS 2", publish({ version, topic: "a", qos: 2, packetIdentifier: 0 })],
    ["SUBSCRIBE", subscribe([["a", 0]], { version, packetIdentifier: 0 })],
    ["UNSUBSCRIBE", unsubscribe(["a"], { version, packetIdentifier: 0 })],
  ],
);

closes(
  "a PUBLISH with QoS 3 closes the connection [3.1.1 MQTT-3.3.1-4]",
  [0x36, 0x3f].map((firstByte) => [
    firstByte.toString(16),
    frame(firstByte, lengthPrefixed("a"), uint16(1)),
  ]),
);

closes(
  "a PUBLISH without Topic Name closes the connection " +
    "[3.1.1 MQTT-3.3.2-1] [3.1.1 MQTT-4.7.3-1]",
  [
    ["missing", frame(0x30)],
    ["empty", publish({ version, topic: "" })],
    ["empty at QoS 1", publish({ version, topic: "", qos: 1 })],
    ["cut short", frame(0x30, hex("00 05 61"))],
  ],
);

closes(
  "a PUBLISH to a topic with a wildcard closes the connection " +
    "[3.1.1 MQTT-4.7.1-1]",
  ["#", "+", "a/#", "a/+/b", "a+"].map((topic) => [
    topic,
    publish({ version, topic }),
  ]),
);

closes(
  "a misplaced # closes the connection [3.1.1 MQTT-4.7.1-2]",
  ["a#", "#a", "a/#/b", "##"].flatMap((filter) => [
    [filter, subscribe([[filter, 0]], fields)],
    [filter, unsubscribe([filter], fields)],
  ]),
);

closes(
  "a misplaced + closes the connection [3.1.1 MQTT-4.7.1-3]",
  ["a+", "+a", "a/b+/c", "++"].flatMap((filter) => [
    [filter, subscribe([[filter, 0]], fields)],
    [filter, unsubscribe([filter], fields)],
  ]),
);

closes(
  "an empty Topic Filter closes the connection [3.1.1 MQTT-4.7.3-1]",
  [
    ["SUBSCRIBE", subscribe([["", 0]], fields)],
    ["UNSUBSCRIBE", unsubscribe([""], fields)],
  ],
);

closes(
  "a SUBSCRIBE without Topic Filter closes the connection " +
    "[3.1.1 MQTT-3.8.3-3]",
  [["none", subscribe([], fields)]],
);

closes(
  "bits beside the QoS of a SUBSCRIBE close the connection " +
    "[3.1.1 MQTT-3-8.3-4]",
  [0x03, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x05, 0xff].map((options) => [
    options.toString(16),
    subscribe([["fine", 0], ["a", options]], fields),
  ]),
);

closes(
  "an UNSUBSCRIBE without Topic Filter closes the connection " +
    "[3.1.1 MQTT-3.10.3-2]",
  [["none", unsubscribe([], fields)]],
);

closes(
  "any other violation closes the connection without a packet " +
    "[3.1.1 MQTT-4.8.0-1]",
  [
    ["a reserved type", frame(0x00)],
    ["AUTH", frame(0xf0)],
    ["CONNACK", hex("20 02 00 00")],
    ["SUBACK", hex("90 03 00 01 00")],
    ["PINGRESP", frame(0xd0)],
    ["PINGREQ with a body", hex("c0 01 00")],
    ["DISCONNECT with a code", hex("e0 01 00")],
    ["PUBACK with a code", hex("40 03 00 01 00")],
    ["PUBACK cut short", hex("40 01 00")],
    ["a length of five bytes", hex("c0 80 80 80 80 01")],
    ["SUBSCRIBE cut short", frame(0x82, uint16(1), hex("00 05 61"))],
  ],
);

/** Fails when it is asked about `secret`, forbids `forbidden`. */
class FaultyAuthorizer implements Authorizer {
  authenticate() {
    return { reasonCode: 0 };
  }

  lookup(_client: unknown, _action: unknown, topic: string): boolean {
    if (topic === "defect") throw new Error("out of memory");
    return topic !== "forbidden";
  }

  decide(): Promise<void> {
    return Promise.resolve();
  }
}

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
  { authorizer: new FaultyAuthorizer(), internalErrorCount: 1 },
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
  { authorizer: new FaultyAuthorizer() },
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
  { authorizer: new FaultyAuthorizer() },
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
