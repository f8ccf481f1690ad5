import {
  type AcknowledgementPacket,
  type AcknowledgementType,
  AcknowledgementView,
  ByteWriter,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  MqttError,
  packetName,
  type ProtocolVersion,
  readAcknowledgement,
  writeAcknowledgement,
} from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  decodeWhole,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const types: readonly AcknowledgementType[] = [4, 5, 6, 7];

/** The first byte, with the flags 0010 that PUBREL has [MQTT-3.6.1-1]. */
function firstByteOf(type: AcknowledgementType): string {
  return type === 6 ? "62" : `${type}0`;
}

/** The rules of PUBACK are numbered 3.4, those of PUBREC 3.5 and so on. */
function codeRule(type: AcknowledgementType): string {
  return `[MQTT-3.${type}.2-1]`;
}

const accepted: AcceptedRow[] = [];
const refused: RefusedRow[] = [];

for (const type of types) {
  const name = packetName(type);
  const first = firstByteOf(type);
  const failure = type < 6 ? "97" : "92";
  const plain: AcknowledgementPacket = {
    type,
    packetIdentifier: 0x1234,
    reasonCode: 0,
    properties: {},
  };
  const failed = { ...plain, reasonCode: parseInt(failure, 16) };
  accepted.push(
    {
      name: `${name} of 3.1 is two bytes of body`,
      hex: `${first} 02 1234`,
      version: 3,
      packet: plain,
    },
    {
      name: `${name} of 3.1.1 is two bytes of body`,
      hex: `${first} 02 1234`,
      version: 4,
      packet: plain,
    },
    {
      name: `${name} of 5.0 means success without a Reason Code`,
      hex: `${first} 02 1234`,
      packet: plain,
    },
    {
      name: `${name} may say success and have no Property Length`,
      hex: `${first} 03 1234 00`,
      packet: plain,
      encodesTo: `${first} 02 1234`,
    },
    {
      name: `${name} may say success with a Property Length of 0`,
      hex: `${first} 04 1234 00 00`,
      packet: plain,
      encodesTo: `${first} 02 1234`,
    },
    {
      name: `${name} of a failure without properties`,
      hex: `${first} 03 1234 ${failure}`,
      packet: failed,
    },
    {
      name: `${name} of a failure with Reason String and User Properties`,
      hex: `${first} 18 1234 ${failure} 14 1F 0003 'why' ` +
        "26 0001 'a' 0001 'b' 26 0000 0002 'cd'",
      packet: {
        ...failed,
        properties: {
          reasonString: "why",
          userProperties: [["a", "b"], ["", "cd"]],
        },
      },
    },
    {
      name: `${name} of success with a Reason String`,
      hex: `${first} 0A 1234 00 06 1F 0003 'yes'`,
      packet: { ...plain, properties: { reasonString: "yes" } },
      sender: "server",
    },
  );
  refused.push(
    {
      name: `${name} with Packet Identifier 0 is a Protocol Error`,
      hex: `${first} 02 0000`,
      reasonCode: 0x82,
      because: "Packet Identifier is 0",
    },
    {
      name: `${name} with one byte of body is malformed`,
      hex: `${first} 01 12`,
      reasonCode: 0x81,
      because: "Remaining Length is 1",
    },
    {
      name: `${name} without a body is malformed`,
      hex: `${first} 00`,
      reasonCode: 0x81,
      because: "Remaining Length is 0",
    },
    {
      name: `${name} of 3.1.1 with a Reason Code is malformed`,
      hex: `${first} 03 1234 00`,
      version: 4,
      reasonCode: 0x81,
      because: "1 bytes follow its last field",
    },
    {
      name: `${name} with a code it does not define is a Protocol Error ` +
        codeRule(type),
      hex: `${first} 03 1234 8D`,
      reasonCode: 0x82,
      because: "Reason Code is 0x8D",
    },
    {
      name: `${name} with the code of another packet is a Protocol Error ` +
        codeRule(type),
      hex: `${first} 03 1234 ${type < 6 ? "92" : "97"}`,
      reasonCode: 0x82,
      because: `Reason Code is 0x${type < 6 ? "92" : "97"}`,
    },
    {
      name: `${name} with bytes behind its properties is malformed`,
      hex: `${first} 05 1234 00 00 00`,
      reasonCode: 0x81,
      because: "1 bytes follow its last field",
    },
    {
      name: `${name} whose properties reach past it is malformed`,
      hex: `${first} 0A 1234 00 07 1F 0003 'yes'`,
      reasonCode: 0x81,
      because: "ends inside a field",
    },
    {
      name: `${name} with a property of another packet is malformed`,
      hex: `${first} 07 1234 00 03 23 0001`,
      reasonCode: 0x81,
      because: "cannot hold Topic Alias",
    },
    {
      name: `${name} with two Reason Strings is a Protocol Error`,
      hex: `${first} 0C 1234 00 08 1F 0001 'a' 1F 0001 'b'`,
      reasonCode: 0x82,
      because: "Reason String stands twice",
    },
    {
      name: `${name} with other fixed header flags is malformed ` +
        (type === 6 ? "[MQTT-3.6.1-1]" : "[MQTT-2.1.3-1]"),
      hex: `${type === 6 ? "60" : `${type}2`} 02 1234`,
      reasonCode: 0x81,
      because: "fixed header flags are",
    },
    {
      name: `${name} of 3.1.1 with DUP is malformed [MQTT-2.1.3-1]`,
      hex: `${type === 6 ? "6A" : `${type}8`} 02 1234`,
      version: 4,
      reasonCode: 0x81,
      because: "fixed header flags are",
    },
  );
}

accepted.push({
  name: "PUBREL of 3.1 may have DUP",
  hex: "6A 02 1234",
  version: 3,
  packet: { type: 6, packetIdentifier: 0x1234, reasonCode: 0, properties: {} },
  encodesTo: "62 02 1234",
});

testRows(accepted, refused);

Deno.test({
  name: "readAcknowledgement agrees with decodePacket on every row",
  permissions: "none",
  fn() {
    const view = new AcknowledgementView();
    const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
    for (const { hex, version, packet } of accepted) {
      const bytes = bytesOf(hex);
      scanner.scan(bytes, 0, bytes.length);
      readAcknowledgement(view, bytes, scanner, version ?? 5);
      const expected = packet as AcknowledgementPacket;
      assertEquals(view.packetIdentifier, expected.packetIdentifier);
      assertEquals(view.reasonCode, expected.reasonCode);
    }
    for (const { hex, version, reasonCode } of refused) {
      const bytes = bytesOf(hex);
      scanner.scan(bytes, 0, bytes.length);
      const error = assertThrows(
        () => readAcknowledgement(view, bytes, scanner, version ?? 5),
        MqttError,
      );
      assertEquals(error.reasonCode, reasonCode);
    }
  },
});

Deno.test({
  name: "readAcknowledgement leaves nothing of the packet before",
  permissions: "none",
  fn() {
    const view = new AcknowledgementView();
    const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
    for (const hex of ["40 0A 1234 97 06 1F 0003 'why'", "40 02 0001"]) {
      const bytes = bytesOf(hex);
      scanner.scan(bytes, 0, bytes.length);
      readAcknowledgement(view, bytes, scanner, 5);
    }
    assertEquals({ ...view }, {
      packetIdentifier: 1,
      reasonCode: 0,
      propertiesStart: 0,
      propertiesEnd: 0,
    });
  },
});

Deno.test({
  name: "writeAcknowledgement writes what encodePacket gives, in every version",
  permissions: "none",
  fn() {
    for (const type of types) {
      for (const version of [3, 4, 5] as ProtocolVersion[]) {
        for (const reasonCode of [0, 0x92]) {
          const out = new ByteWriter();
          out.writeUint8(0xee);
          writeAcknowledgement(out, type, 0xabcd, reasonCode, version);
          const written = out.bytes.slice(1, out.length);
          const body = version === 5 && reasonCode !== 0
            ? "03 ABCD 92"
            : "02 ABCD";
          assertEquals(written, bytesOf(`${firstByteOf(type)} ${body}`));
          assertEquals(out.bytes[0], 0xee);
        }
      }
    }
  },
});

Deno.test({
  name: "an acknowledgement that no decoder would accept is not encoded " +
    "[MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]",
  permissions: "none",
  fn() {
    for (const type of types) {
      const packet: AcknowledgementPacket = {
        type,
        packetIdentifier: 1,
        reasonCode: 0,
        properties: {},
      };
      const faults: Partial<AcknowledgementPacket>[] = [
        { packetIdentifier: 0 },
        { packetIdentifier: 65536 },
        { reasonCode: type < 6 ? 0x92 : 0x10 },
        { reasonCode: 0x8d },
        { properties: { contentType: "x" } },
      ];
      for (const fault of faults) {
        assertThrows(
          () => encodePacket({ ...packet, ...fault }, 5),
          RangeError,
        );
      }
      assertEquals(decodeWhole(encodePacket(packet, 5)), packet);
    }
  },
});
