import {
  ByteWriter,
  encodePacket,
  type Packet,
  type Properties,
  writePacket,
} from "../../src/codec/mod.ts";
import fc from "fast-check";
import { assertEquals, assertThrows } from "../_assert.ts";
import { packet } from "./_arbitraries.ts";
import { decodeWhole } from "./_packet_rows.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const spoken: Properties = {
  reasonString: "a reason of some length",
  userProperties: [["key", "value"], ["key", "other"]],
};
const method = { authenticationMethod: "M" };

/** Every packet that may go without Reason String and User Properties. */
const answers: Packet[] = [
  {
    type: 2,
    sessionPresent: false,
    reasonCode: 0,
    properties: { receiveMaximum: 5, ...spoken },
  },
  { type: 4, packetIdentifier: 1, reasonCode: 0x10, properties: spoken },
  { type: 5, packetIdentifier: 1, reasonCode: 0, properties: spoken },
  { type: 6, packetIdentifier: 1, reasonCode: 0x92, properties: spoken },
  { type: 7, packetIdentifier: 1, reasonCode: 0, properties: spoken },
  { type: 9, packetIdentifier: 1, reasonCodes: [1, 0x80], properties: spoken },
  { type: 11, packetIdentifier: 1, reasonCodes: [0, 0x11], properties: spoken },
  { type: 14, reasonCode: 0x8b, properties: spoken },
  { type: 15, reasonCode: 0x18, properties: { ...method, ...spoken } },
];

/** What is written under a limit of `maximumPacketSizeBytes`. */
function limited(
  packet: Packet,
  maximumPacketSizeBytes: number,
): Uint8Array | null {
  const out = new ByteWriter();
  out.writeUint16(0xabcd);
  const fits = writePacket(out, packet, 5, { maximumPacketSizeBytes });
  assertEquals(out.bytes.subarray(0, 2), new Uint8Array([0xab, 0xcd]));
  if (!fits) assertEquals(out.length, 2, "something was written");
  return fits ? out.bytes.slice(2, out.length) : null;
}

function without(packet: Packet, ...names: (keyof Properties)[]): Packet {
  const properties = { ...("properties" in packet ? packet.properties : {}) };
  for (const name of names) delete properties[name];
  return { ...packet, properties } as Packet;
}

test(
  "a packet over the limit goes without its Reason String first, then " +
    "without its User Properties [MQTT-3.2.2-19] [MQTT-3.2.2-20] " +
    "[MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] " +
    "[MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3] " +
    "[MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1] [MQTT-3.11.2-2] " +
    "[MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.15.2-2] [MQTT-3.15.2-3]",
  () => {
    for (const packet of answers) {
      const whole = encodePacket(packet, 5);
      const shorter = encodePacket(without(packet, "reasonString"), 5);
      const shortest = encodePacket(
        without(packet, "reasonString", "userProperties"),
        5,
      );
      assertEquals(limited(packet, whole.length), whole);
      assertEquals(limited(packet, whole.length - 1), shorter);
      assertEquals(limited(packet, shorter.length), shorter);
      assertEquals(limited(packet, shorter.length - 1), shortest);
      assertEquals(limited(packet, shortest.length), shortest);
      assertEquals(limited(packet, shortest.length - 1), null);
    }
  },
);

test("the packet that was given keeps its properties", () => {
  const [packet] = answers;
  const before = structuredClone(packet);
  limited(packet, 10);
  assertEquals(packet, before);
});

test("User Properties of a message are never left out [MQTT-3.3.2-17]", () => {
  const userProperties = spoken.userProperties;
  const packets: Packet[] = [
    {
      type: 3,
      topicName: "t",
      payload: new Uint8Array(0),
      qos: 0,
      isDuplicate: false,
      isRetained: false,
      packetIdentifier: 0,
      properties: { userProperties },
    },
    {
      type: 10,
      packetIdentifier: 1,
      topicFilters: ["t"],
      properties: { userProperties },
    },
  ];
  for (const packet of packets) {
    const whole = encodePacket(packet, 5);
    assertEquals(limited(packet, whole.length), whole);
    assertEquals(limited(packet, whole.length - 1), null);
  }
});

test("an error takes back what was written", () => {
  const out = new ByteWriter();
  out.writeUint8(1);
  const packet: Packet = {
    type: 9,
    packetIdentifier: 1,
    reasonCodes: [1, 3],
    properties: spoken,
  };
  assertThrows(() => writePacket(out, packet, 5), RangeError);
  assertEquals(out.length, 1);
});

test("sections of every size get the length that fits them", () => {
  for (const size of [0, 100, 118, 119, 120, 121, 122, 123, 130, 16_370]) {
    for (let extra = 0; extra < 12; extra++) {
      const packet: Packet = {
        type: 14,
        reasonCode: 0x80,
        properties: { reasonString: "x".repeat(size + extra) },
      };
      assertEquals(decodeWhole(encodePacket(packet, 5), 5), packet);
    }
  }
});

test("properties that are undefined are properties that are absent", () => {
  const properties = { reasonString: undefined };
  const disconnect = encodePacket({ type: 14, reasonCode: 0, properties }, 5);
  assertEquals(disconnect, new Uint8Array([0xe0, 0]));
});

test("a property that does not exist is refused by name", () => {
  const properties = { reasonStrnig: "typo" } as Properties;
  assertThrows(
    () => encodePacket({ type: 14, reasonCode: 0, properties }, 5),
    RangeError,
    'it cannot hold a property "reasonStrnig"',
  );
});

test(
  "packets are whole wherever the output has to grow, and hold nothing of " +
    "what was in the array before",
  () => {
    const dirty = {
      acquire: (sizeBytes: number) => new Uint8Array(sizeBytes).fill(0xee),
      release: () => {},
    };
    const capacity = 300;
    const filler = new Uint8Array(capacity);
    const short: Packet[] = [
      { type: 13 },
      { type: 14, reasonCode: 0x82, properties: {} },
      { type: 15, reasonCode: 0x18, properties: method },
    ];
    const drawn = fc.sample(
      fc.oneof(packet(5, "server"), packet(5, "client")),
      {
        numRuns: 100,
        seed: 1,
      },
    );
    for (const each of [...answers, ...short, ...drawn]) {
      const alone = encodePacket(each, 5);
      for (let room = 0; room <= Math.min(alone.length + 4, 64); room++) {
        const out = new ByteWriter(dirty.acquire(capacity), dirty);
        out.writeBytes(filler, room, capacity);
        writePacket(out, each, 5);
        assertEquals(
          out.bytes.slice(capacity - room, out.length),
          alone,
          `packet of type ${each.type} with room for ${room} bytes`,
        );
      }
    }
  },
);
