import { assertEquals } from "../_assert.ts";
import { frame, hex, lengthPrefixed, uint8 } from "./_bytes.ts";
import { type Case, eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import { connect, type ConnectFields } from "./_packets.ts";

const version = 4;

/** Tests that each CONNECT of `cases` is closed without CONNACK. */
function closes(name: string, cases: readonly Case<Uint8Array>[]): void {
  conformance(name, async (broker) => {
    await eachCase(cases, async (bytes) => {
      const client = await broker.open(version);
      await client.send(bytes);
      await client.expectClosed();
    });
  });
}

/** CONNECT with Connect Flags that need not fit its fields. */
function withFlags(
  flags: number,
  fields: ConnectFields = {},
): Case<Uint8Array> {
  return [
    `Connect Flags 0x${flags.toString(16)}`,
    connect({ version, clientIdentifier: "flags", ...fields, flags }),
  ];
}

for (
  const [fault, texts, label] of [
    ["ill-formed UTF-8", illFormedUtf8, "[3.1.1 MQTT-1.5.3-1]"],
    ["U+0000", withNull, "[3.1.1 MQTT-1.5.3-2]"],
  ] as const
) {
  closes(
    `a CONNECT with ${fault} is closed without CONNACK ${label}`,
    texts.flatMap(([name, text]) =>
      ([
        { clientIdentifier: text },
        { clientIdentifier: "text", will: { topic: text } },
        { clientIdentifier: "text", userName: text },
      ] satisfies ConnectFields[]).map((fields) =>
        [name, connect({ version, ...fields })] as const
      )
    ),
  );
}

closes(
  "a CONNECT with reserved fixed-header flags is closed " +
    "[3.1.1 MQTT-2.2.2-2]",
  [1, 2, 4, 8].map((flags) => {
    const bytes = connect({ version, clientIdentifier: "flags" });
    bytes[0] |= flags;
    return [`${flags}`, bytes];
  }),
);

closes(
  "a CONNECT under another name is not served [3.1.1 MQTT-3.1.2-1]",
  ["MQTt", "mqtt", "MQT", "HTTP", ""].map((name) => [
    `"${name}"`,
    frame(0x10, lengthPrefixed(name), hex("04 02 00 00 00 01 61")),
  ]),
);

conformance(
  "a Protocol Level before 4 is answered with 0x01 [3.1.1 MQTT-3.1.2-2] " +
    "[3.1.1 MQTT-3.2.2-5] [3.1.1 MQTT-3.2.2-4]",
  async (broker) => {
    for (const level of [0, 1, 2, 3]) {
      const client = await broker.open(version);
      await client.send(
        frame(
          0x10,
          lengthPrefixed("MQTT"),
          uint8(level),
          hex("02 00 00 00 01 61"),
        ),
      );
      assertEquals((await client.expect("CONNACK")).bytes, hex("20 02 00 01"));
      await client.expectClosed();
    }
  },
);

closes(
  "a CONNECT with the reserved Connect Flag is closed " +
    "[3.1.1 MQTT-3.1.2-3]",
  [withFlags(0x01), withFlags(0x03)],
);

closes(
  "a CONNECT without the Will that its flags announce is closed " +
    "[3.1.1 MQTT-3.1.2-9]",
  [withFlags(0x06), withFlags(0x0e)],
);

closes(
  "a CONNECT with parts of a Will without Will Flag is closed " +
    "[3.1.1 MQTT-3.1.2-11]",
  [
    withFlags(0x0a),
    withFlags(0x12),
    withFlags(0x22),
    withFlags(0x02, { will: { topic: "will" } }),
  ],
);

closes(
  "a CONNECT with Will QoS 3 is closed [3.1.1 MQTT-3.1.2-14]",
  [withFlags(0x1e, { will: { topic: "will" } })],
);

closes(
  "a CONNECT with a Password without User Name is closed " +
    "[3.1.1 MQTT-3.1.2-22]",
  [withFlags(0x42, { password: "secret" })],
);

conformance(
  "a CONNECT that is cut short anywhere is closed without CONNACK " +
    "[3.1.1 MQTT-3.1.4-1] [3.1.1 MQTT-3.1.3-1] [3.1.1 MQTT-4.8.0-1]",
  async (broker) => {
    const whole = connect({
      version,
      clientIdentifier: broker.identifier(),
      will: { topic: "w", payload: "p" },
      userName: "user",
      password: "secret",
    });
    const body = whole.subarray(2);
    for (let length = 0; length < body.length; length++) {
      const client = await broker.open(version);
      await client.send(frame(0x10, body.subarray(0, length)));
      await client.expectClosed();
    }
    const longer = await broker.open(version);
    await longer.send(frame(0x10, body, hex("00")));
    await longer.expectClosed();
  },
);

conformance(
  "a CONNECT with every field is read in the order of the standard " +
    "[3.1.1 MQTT-3.1.3-1] [3.1.1 MQTT-3.2.0-1]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const [client, connack] = await broker.connectWithConnack({
      version,
      keepAliveSeconds: 60,
      will: { topic, payload: "gone" },
      userName: "user",
      password: "secret",
    });
    assertEquals(connack.bytes, hex("20 02 00 00"));
    client.close();
    assertEquals((await observer.take()).text, "gone");
  },
);
