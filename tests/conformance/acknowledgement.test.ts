import { assertEquals } from "../_assert.ts";
import { frame, hex, lengthPrefixed, uint16, uint8 } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import {
  acknowledge,
  auth,
  disconnect,
  publish,
  subscribe,
  unsubscribe,
} from "./_packets.ts";
import { properties, type Property } from "./_properties.ts";
import type { RawClient } from "./_raw_client.ts";

/** What the standard says of one packet that answers a PUBLISH. */
interface Acknowledgement {
  readonly name: "puback" | "pubrec" | "pubrel" | "pubcomp";
  /** The labels of its codes, and of its size. */
  readonly codeLabel: string;
  readonly sizeLabels: string;
  /** Codes that it does not define, its neighbours' among them. */
  readonly undefinedCodes: readonly number[];
  /** Has the server send one with Packet Identifier 1. */
  provoke(client: RawClient): Promise<void>;
}

const acknowledgements: readonly Acknowledgement[] = [
  {
    name: "puback",
    codeLabel: "[MQTT-3.4.2-1]",
    sizeLabels: "[MQTT-3.4.2-2] [MQTT-3.4.2-3]",
    undefinedCodes: [0x01, 0x11, 0x81, 0x82, 0x92, 0x93, 0xff],
    provoke: (client) => client.send(publish({ topic: "a", qos: 1 })),
  },
  {
    name: "pubrec",
    codeLabel: "[MQTT-3.5.2-1]",
    sizeLabels: "[MQTT-3.5.2-2] [MQTT-3.5.2-3]",
    undefinedCodes: [0x01, 0x11, 0x81, 0x82, 0x92, 0x93, 0xff],
    provoke: (client) => client.send(publish({ topic: "a", qos: 2 })),
  },
  {
    name: "pubrel",
    codeLabel: "[MQTT-3.6.2-1]",
    sizeLabels: "[MQTT-3.6.2-2] [MQTT-3.6.2-3]",
    undefinedCodes: [0x01, 0x10, 0x80, 0x87, 0x91, 0x93, 0xff],
    provoke: (client) => client.send(acknowledge("pubrec", 1)),
  },
  {
    name: "pubcomp",
    codeLabel: "[MQTT-3.7.2-1]",
    sizeLabels: "[MQTT-3.7.2-2] [MQTT-3.7.2-3]",
    undefinedCodes: [0x01, 0x10, 0x80, 0x87, 0x91, 0x93, 0xff],
    provoke: (client) => client.send(acknowledge("pubrel", 1)),
  },
];

for (const acknowledgement of acknowledgements) {
  const { name, codeLabel, sizeLabels, undefinedCodes } = acknowledgement;
  const title = name.toUpperCase();

  conformance(
    `a ${title} with a code that it does not define ends the connection ` +
      codeLabel,
    async (broker) => {
      for (const code of undefinedCodes) {
        const client = await broker.connect();
        await client.send(acknowledge(name, 1, uint8(code)));
        await client.expectDisconnect(0x81, 0x82);
      }
    },
  );

  conformance(
    `the server's ${title} has a defined code and fits the client ` +
      `${codeLabel} ${sizeLabels}`,
    async (broker) => {
      // The client holds sizes and codes against the standard.
      for (const maximumPacketSize of [20, 1_000]) {
        const client = await broker.connect({
          properties: [["maximumPacketSize", maximumPacketSize]],
        });
        await acknowledgement.provoke(client);
        assertEquals((await client.expect(title)).packetIdentifier, 1);
      }
    },
  );

  conformance(
    `an oversized ${title} of a client ends the connection ${sizeLabels}`,
    async (broker) => {
      const text = "x".repeat(200);
      for (
        const property of [
          ["reasonString", text],
          ["userProperty", "name", text],
        ] satisfies Property[]
      ) {
        const client = await broker.connect();
        await client.send(
          acknowledge(name, 1, uint8(0), properties(property)),
        );
        await client.expectDisconnect(0x95);
      }
    },
    { limits: { maximumPacketSizeBytes: 150 } },
  );

  conformance(
    `a ${title} may explain itself once ${codeLabel} [MQTT-4.13.1-1]`,
    async (broker) => {
      const rest = properties(
        ["reasonString", "because"],
        ["userProperty", "a", "b"],
        ["userProperty", "a", "b"],
      );
      const client = await broker.connect();
      await client.send(acknowledge(name, 1, uint8(0), rest));
      await client.pending();
      await eachCase([
        ["twice", properties(["reasonString", ""], ["reasonString", ""])],
        ["another property", properties(["contentType", "text"])],
        ["an unknown property", hex("02 7f 00")],
        ["bytes behind it", hex("00 00")],
        ["cut short", hex("05 1f 00 09 61")],
      ], async (section) => {
        const client = await broker.connect();
        await client.send(acknowledge(name, 1, uint8(0), section));
        await client.expectDisconnect(0x81, 0x82);
      });
    },
  );
}

conformance(
  "a PUBREL with other flags ends the connection [MQTT-3.6.1-1]",
  async (broker) => {
    for (const flags of [0, 1, 3, 4, 6, 8, 10, 15]) {
      const client = await broker.connect();
      await client.send(frame(0x60 | flags, uint16(1)));
      await client.expectDisconnect(0x81);
    }
  },
);

conformance(
  "the server's PUBREL has the flags 0010 [MQTT-3.6.1-1]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("a");
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2 });
    const { packetIdentifier } = await client.expect("PUBLISH");
    await client.send(acknowledge("pubrec", packetIdentifier));
    const pubrel = await client.expect("PUBREL");
    assertEquals(pubrel.bytes, frame(0x62, uint16(packetIdentifier)));
  },
);

conformance(
  "requests with wrong flags end the connection [MQTT-3.8.1-1] " +
    "[MQTT-3.10.1-1]",
  async (broker) => {
    const body = [uint16(1), hex("00"), lengthPrefixed("a")];
    for (const flags of [0, 1, 3, 6, 8, 10, 15]) {
      for (
        const bytes of [
          frame(0x80 | flags, ...body, hex("00")),
          frame(0xa0 | flags, ...body),
        ]
      ) {
        const client = await broker.connect();
        await client.send(bytes);
        await client.expectDisconnect(0x81);
      }
    }
  },
);

conformance(
  "SUBACK and UNSUBACK fit the client [MQTT-3.9.2-1] [MQTT-3.9.2-2] " +
    "[MQTT-3.11.2-1] [MQTT-3.11.2-2]",
  async (broker) => {
    // Just large enough for CONNACK and for an answer without explanation.
    const client = await broker.connect({
      properties: [["maximumPacketSize", 24]],
    });
    await client.send(
      subscribe([["$share/group/a", 0], ["b/#", 2]]),
      unsubscribe(["b/#", "none"]),
    );
    assertEquals((await client.expect("SUBACK")).reasonCodes.length, 2);
    assertEquals((await client.expect("UNSUBACK")).reasonCodes, [0x00, 0x11]);
  },
);

conformance(
  "DISCONNECT fits the client [MQTT-3.14.2-3] [MQTT-3.14.2-4]",
  async (broker) => {
    for (const maximumPacketSize of [20, 40, 1_000]) {
      const client = await broker.connect({
        properties: [["maximumPacketSize", maximumPacketSize]],
      });
      await client.publish({ topic: "no/#/topic" });
      await client.expectDisconnect(0x81, 0x82, 0x90);
    }
  },
);

for (
  const [name, labels, build] of [
    [
      "DISCONNECT",
      "[MQTT-3.14.2-3] [MQTT-3.14.2-4]",
      (property: Property) => disconnect(0, property),
    ],
    [
      "AUTH",
      "[MQTT-3.15.2-2] [MQTT-3.15.2-3]",
      (property: Property) =>
        auth(0x18, ["authenticationMethod", "m"], property),
    ],
  ] as const
) {
  conformance(
    `an oversized ${name} of a client ends the connection ${labels}`,
    async (broker) => {
      const text = "x".repeat(200);
      for (
        const property of [
          ["reasonString", text],
          ["userProperty", "name", text],
        ] satisfies Property[]
      ) {
        const client = await broker.connect();
        await client.send(build(property));
        await client.expectDisconnect(0x95);
      }
    },
    { limits: { maximumPacketSizeBytes: 150 } },
  );
}
