import { encodePacket, type UnsubackPacket } from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const sender = "server";
const plain: UnsubackPacket = {
  type: 11,
  packetIdentifier: 10,
  reasonCodes: [0],
  properties: {},
};

const accepted: AcceptedRow[] = [
  {
    name: "UNSUBACK of 5.0 with every code [MQTT-3.11.3-2]",
    hex: "B0 0A 000A 00 00 11 80 83 87 8F 91",
    sender,
    packet: {
      ...plain,
      reasonCodes: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
    },
  },
  {
    name: "UNSUBACK of 3.1.1, which has no codes",
    hex: "B0 02 000A",
    sender,
    version: 4,
    packet: { ...plain, reasonCodes: [] },
  },
  {
    name: "UNSUBACK of 3.1, which has no codes",
    hex: "B0 02 000A",
    sender,
    version: 3,
    packet: { ...plain, reasonCodes: [] },
  },
  {
    name: "UNSUBACK with Reason String and User Property",
    hex: "B0 0F 000A 0B 1F 0001 'r' 26 0001 'k' 0001 'v' 00",
    sender,
    packet: {
      ...plain,
      properties: { reasonString: "r", userProperties: [["k", "v"]] },
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "UNSUBACK without a Reason Code is a Protocol Error",
    hex: "B0 03 000A 00",
    sender,
    reasonCode: 0x82,
    because: "holds no Reason Code",
  },
  {
    name: "UNSUBACK with a code it does not define is a Protocol Error " +
      "[MQTT-3.11.3-2]",
    hex: "B0 04 000A 00 01",
    sender,
    reasonCode: 0x82,
    because: "Reason Code is 0x01",
  },
  {
    name: "UNSUBACK of 3.1.1 with a code is malformed",
    hex: "B0 03 000A 00",
    sender,
    version: 4,
    reasonCode: 0x81,
    because: "1 bytes follow its last field",
  },
  {
    name: "UNSUBACK with Packet Identifier 0 is a Protocol Error",
    hex: "B0 04 0000 00 00",
    sender,
    reasonCode: 0x82,
    because: "Packet Identifier is 0",
  },
  {
    name: "UNSUBACK with fixed header flags is malformed [MQTT-2.1.3-1]",
    hex: "B2 04 000A 00 00",
    sender,
    reasonCode: 0x81,
    because: "fixed header flags are 2",
  },
  {
    name: "UNSUBACK from a client is a Protocol Error",
    hex: "B0 04 000A 00 00",
    reasonCode: 0x82,
    because: "a client must not send it",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "UNSUBACK of 3.1.1 leaves out the codes of 5.0",
  permissions: "none",
  fn() {
    const packet = { ...plain, reasonCodes: [0x11, 0x00] };
    assertEquals(encodePacket(packet, 4), bytesOf("B0 02 000A"));
  },
});

Deno.test({
  name: "UNSUBACK that no decoder would accept is not encoded " +
    "[MQTT-3.11.3-2]",
  permissions: "none",
  fn() {
    for (const reasonCodes of [[], [1], [0, 0x97]]) {
      assertThrows(
        () => encodePacket({ ...plain, reasonCodes }, 5),
        RangeError,
      );
    }
  },
});
