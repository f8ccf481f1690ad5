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
