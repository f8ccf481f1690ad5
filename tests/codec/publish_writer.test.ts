import {
  ByteWriter,
  encodePacket,
  PublishOptions,
  type PublishPacket,
  type PublishSource,
  writePublish,
} from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import { bytesOf } from "./_packet_rows.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** A source whose three parts stand inside arrays of their own. */
function sourceOf(
  topicName: string,
  properties: string,
  payload: Uint8Array,
): PublishSource {
  const topicBytes = bytesOf(`FF '${topicName}' FF`);
  const propertiesBytes = bytesOf(`EE ${properties} EE`);
  const payloadBytes = new Uint8Array(payload.length + 2).fill(0xdd);
  payloadBytes.set(payload, 1);
  return {
    topicBytes,
    topicStart: 1,
    topicEnd: topicBytes.length - 1,
    propertiesBytes,
    propertiesStart: 1,
    propertiesEnd: propertiesBytes.length - 1,
    payloadBytes,
    payloadStart: 1,
    payloadEnd: payloadBytes.length - 1,
  };
}

function optionsOf(fields: Partial<PublishOptions>): PublishOptions {
  return Object.assign(new PublishOptions(), fields);
}

function write(
  source: PublishSource,
  fields: Partial<PublishOptions>,
): Uint8Array {
  const out = new ByteWriter();
  out.writeUint8(0x99);
  const size = writePublish(out, source, optionsOf(fields));
  assertEquals(out.length, 1 + size);
  assertEquals(out.bytes[0], 0x99);
  return out.bytes.slice(1, out.length);
}

const source = sourceOf("a/b", "03 0001 'x'", bytesOf("'hi'"));

test("each option has its place in the packet", () => {
  const rows: [fields: Partial<PublishOptions>, hex: string][] = [
    [{}, "30 0C 0003 'a/b' 04 03 0001 'x' 'hi'"],
    [{ protocolVersion: 4 }, "30 07 0003 'a/b' 'hi'"],
    [
      { protocolVersion: 3, qos: 1, packetIdentifier: 258 },
      "32 09 0003 'a/b' 0102 'hi'",
    ],
    [
      { qos: 2, packetIdentifier: 65535, isDuplicate: true, isRetained: true },
      "3D 0E 0003 'a/b' FFFF 04 03 0001 'x' 'hi'",
    ],
    [
      { messageExpiryIntervalSeconds: 0 },
      "30 11 0003 'a/b' 09 02 00000000 03 0001 'x' 'hi'",
    ],
    [
      { messageExpiryIntervalSeconds: 4_294_967_295 },
      "30 11 0003 'a/b' 09 02 FFFFFFFF 03 0001 'x' 'hi'",
    ],
    [
      { topicAlias: 300 },
      "30 0F 0003 'a/b' 07 23 012C 03 0001 'x' 'hi'",
    ],
    [
      { topicAlias: 300, omitTopicName: true },
      "30 0C 0000 07 23 012C 03 0001 'x' 'hi'",
    ],
    [
      { subscriptionIdentifiers: [1, 268_435_455] },
      "30 13 0003 'a/b' 0B 03 0001 'x' 0B 01 0B FFFFFF7F 'hi'",
    ],
    [
      {
        protocolVersion: 4,
        topicAlias: 1,
        messageExpiryIntervalSeconds: 1,
        subscriptionIdentifiers: [1],
      },
      "30 07 0003 'a/b' 'hi'",
    ],
  ];
  for (const [fields, hex] of rows) {
    assertEquals(write(source, fields), bytesOf(hex), hex);
  }
});

test("lengths at every border are those of the object codec", () => {
  const sizes = [0, 1, 121, 122, 123, 124, 16_376, 16_377, 16_378, 16_379];
  for (const size of [...sizes, 2_097_145, 2_097_146, 2_097_147]) {
    const payload = new Uint8Array(size).fill(size);
    const packet: PublishPacket = {
      type: 3,
      topicName: "a/b",
      payload,
      qos: 0,
      isDuplicate: false,
      isRetained: false,
      packetIdentifier: 0,
      properties: {},
    };
    const expected = encodePacket(packet, 4);
    const lengthBytes = size < 123
      ? 1
      : size < 16_379
      ? 2
      : size < 2_097_147
      ? 3
      : 4;
    assertEquals(expected.length, 1 + lengthBytes + 5 + size);
    const written = write(sourceOf("a/b", "", payload), { protocolVersion: 4 });
    // assertEquals of megabytes is slow; the bytes are compared as text.
    assertEquals(written.length, expected.length);
    assertEquals(
      written.every((byte, index) => byte === expected[index]),
      true,
    );
  }
});

test(
  "a packet of exactly the maximum is written, a larger one is not " +
    "[MQTT-3.1.2-24]",
  () => {
    const out = new ByteWriter();
    const fits = optionsOf({ maximumPacketSizeBytes: 14 });
    assertEquals(writePublish(out, source, fits), 14);
    const tooLarge = optionsOf({ maximumPacketSizeBytes: 13 });
    assertEquals(writePublish(out, source, tooLarge), 0);
    assertEquals(out.length, 14);
  },
);

test("a packet that no Remaining Length can describe is not written", () => {
  // Only the offsets say that the payload is this large: nothing is copied.
  const huge = { ...source, payloadStart: 0, payloadEnd: 268_435_456 };
  const out = new ByteWriter();
  const options = optionsOf({ maximumPacketSizeBytes: 2 ** 40 });
  assertEquals(writePublish(out, huge, options), 0);
  assertEquals(out.length, 0);
});

test("a Topic Name over 65,535 bytes is refused [MQTT-4.7.3-3]", () => {
  const topic = sourceOf("x".repeat(65_536), "", new Uint8Array(0));
  assertThrows(() => write(topic, {}), RangeError, "65536 bytes");
  const longest = sourceOf("x".repeat(65_535), "", new Uint8Array(0));
  assertEquals(write(longest, {}).length, 1 + 3 + 2 + 65_535 + 1);
});
