import { assertEquals } from "../_assert.ts";
import { concat, frame, hex, lengthPrefixed, uint16 } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import {
  connect,
  disconnect,
  publish,
  subscribe,
  unsubscribe,
} from "./_packets.ts";

/** Every packet but CONNECT that has a place for a string. */
const packetsWithText: readonly [string, (text: Uint8Array) => Uint8Array][] = [
  ["PUBLISH topic", (topic) => publish({ topic })],
  [
    "PUBLISH property",
    (text) => publish({ topic: "a", properties: [["contentType", text]] }),
  ],
  ["SUBSCRIBE", (filter) => subscribe([[filter, 0]])],
  ["UNSUBSCRIBE", (filter) => unsubscribe([filter])],
  ["DISCONNECT", (text) => disconnect(0, ["reasonString", text])],
];

for (
  const [fault, texts, label] of [
    ["ill-formed UTF-8", illFormedUtf8, "[MQTT-1.5.4-1]"],
    ["U+0000", withNull, "[MQTT-1.5.4-2]"],
  ] as const
) {
  conformance(`a CONNECT with ${fault} is refused ${label}`, async (broker) => {
    await eachCase(texts, async (clientIdentifier) => {
      const client = await broker.open();
      await client.send(connect({ clientIdentifier }));
      await client.expectRefused(0x81);
    });
  });
  for (const [packet, build] of packetsWithText) {
    conformance(
      `${fault} in a ${packet} ends the connection ${label}`,
      async (broker) => {
        await eachCase(texts, async (text) => {
          const client = await broker.connect();
          await client.send(build(text));
          await client.expectDisconnect(0x81);
        });
      },
    );
  }
}

conformance(
  "a byte order mark is a character like others [MQTT-1.5.4-3]",
  async (broker) => {
    const subscriber = await broker.connect();
    const publisher = await broker.connect();
    const marked = `\u{feff}${broker.topic("mark")}`;
    await subscriber.subscribe(marked);
    await subscriber.subscribe(broker.topic("+"));
    await publisher.deliver({
      topic: marked,
      properties: [["contentType", "\u{feff}text"]],
    });
    const received = await subscriber.take();
    assertEquals(received.topic, marked);
    assertEquals(received.value("contentType"), "\u{feff}text");
    await publisher.deliver({ topic: broker.topic("mark") });
    assertEquals((await subscriber.take()).topic, broker.topic("mark"));
    await subscriber.expectSilence();
  },
);

conformance(
  "a length of more than four bytes ends the connection [MQTT-1.5.5-1]",
  async (broker) => {
    await eachCase([
      ["PINGREQ", hex("c0 80 80 80 80 01")],
      ["PUBLISH", hex("30 ff ff ff ff 7f")],
      [
        "Property Length",
        frame(0x30, lengthPrefixed("a"), hex("80 80 80 80 01")),
      ],
      [
        "Subscription Identifier",
        frame(
          0x82,
          hex("00 01 06 0b 80 80 80 80 01"),
          lengthPrefixed("a"),
          hex("00"),
        ),
      ],
    ], async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81);
    });
  },
);

conformance(
  "a CONNECT with a length of five bytes is refused [MQTT-1.5.5-1]",
  async (broker) => {
    const client = await broker.open();
    await client.send(hex("10 80 80 80 80 01"));
    await client.expectRefused(0x81);
  },
);

conformance(
  "lengths of one to four bytes are read and written [MQTT-1.5.5-1]",
  async (broker) => {
    const subscriber = await broker.connect();
    const publisher = await broker.connect();
    const topic = broker.topic("length");
    await subscriber.subscribe(topic);
    // The Remaining Length is 3 more than topic and payload.
    for (const remainingLength of [127, 128, 16_383, 16_384, 300_000]) {
      const payload = new Uint8Array(remainingLength - 3 - topic.length);
      await publisher.publish({ topic, payload });
      const received = await subscriber.take();
      assertEquals(received.bytes, publish({ topic, payload }));
    }
  },
  { limits: { maximumPacketSizeBytes: 2_100_000 } },
);

for (
  const [part, property] of [
    ["name", (text: Uint8Array) => ["userProperty", text, "v"]],
    ["value", (text: Uint8Array) => ["userProperty", "n", text]],
  ] as const
) {
  conformance(
    `an ill-formed ${part} of a User Property is refused [MQTT-1.5.7-1]`,
    async (broker) => {
      await eachCase([...illFormedUtf8, ...withNull], async (text) => {
        const properties = [
          property(text) as ["userProperty", Uint8Array, string],
        ];
        const refused = await broker.open();
        await refused.send(connect({ properties }));
        await refused.expectRefused(0x81);
        const client = await broker.connect();
        await client.publish({ topic: "a", properties });
        await client.expectDisconnect(0x81);
      });
    },
  );
}

conformance(
  "wrong reserved flags end the connection [MQTT-2.1.3-1]",
  async (broker) => {
    const filter = lengthPrefixed("a");
    await eachCase([
      ["PUBACK", frame(0x41, uint16(1))],
      ["PUBREC", frame(0x52, uint16(1))],
      ["PUBREL", frame(0x60, uint16(1))],
      ["PUBCOMP", frame(0x78, uint16(1))],
      ["SUBSCRIBE", frame(0x80, uint16(1), hex("00"), filter, hex("00"))],
      ["UNSUBSCRIBE", frame(0xa3, uint16(1), hex("00"), filter)],
      ["PINGREQ", frame(0xc1)],
      ["DISCONNECT", frame(0xe2)],
      ["AUTH", frame(0xf4)],
    ], async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81);
    });
  },
);

conformance(
  "a CONNECT with reserved flags is refused [MQTT-2.1.3-1]",
  async (broker) => {
    for (const flags of [1, 2, 4, 8]) {
      const client = await broker.open();
      const bytes = connect({ clientIdentifier: broker.identifier() });
      bytes[0] |= flags;
      await client.send(bytes);
      await client.expectRefused(0x81);
    }
  },
);

conformance(
  "a packet type that does not exist ends the connection [MQTT-4.13.1-1]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(hex("00 00"));
    await client.expectDisconnect(0x81, 0x82);
  },
);

conformance(
  "a packet without its Property Length is malformed [MQTT-2.2.2-1]",
  async (broker) => {
    await eachCase([
      ["PUBLISH", frame(0x30, lengthPrefixed("a"))],
      ["PUBLISH at QoS 1", frame(0x32, lengthPrefixed("a"), uint16(1))],
      ["SUBSCRIBE", frame(0x82, uint16(1))],
      ["UNSUBSCRIBE", frame(0xa2, uint16(1))],
    ], async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81);
    });
    const client = await broker.open();
    await client.send(
      frame(0x10, lengthPrefixed("MQTT"), hex("05 02 00 00")),
    );
    await client.expectRefused(0x81);
  },
);

conformance(
  "the short forms may leave the Property Length out [MQTT-2.2.2-1]",
  async (broker) => {
    const client = await broker.connect();
    for (const rest of ["", "00", "00 00"]) {
      await client.send(
        frame(0x40, uint16(7), hex(rest)),
        frame(0x70, uint16(7), hex(rest)),
      );
    }
    await client.send(frame(0x62, uint16(7), hex("92 00")));
    assertEquals((await client.expect("PUBCOMP")).packetIdentifier, 7);
    await client.expectSilence();
    await client.send(frame(0xe0, hex("00")));
    await client.expectClosed();
  },
);

conformance(
  "two packets in one segment and one packet in many are read alike " +
    "[MQTT-4.2.0-1]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("stream");
    await client.subscribe(topic);
    const one = publish({ topic, payload: "one" });
    const two = publish({ topic, payload: "two" });
    await client.send(concat([one, two, one]));
    for (const text of ["one", "two", "one"]) {
      assertEquals((await client.take()).text, text);
    }
    for (const byte of two) await client.send(Uint8Array.of(byte));
    assertEquals((await client.take()).text, "two");
  },
);
