import { encodePacket, type SubackPacket } from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const sender = "server";
const plain: SubackPacket = {
  type: 9,
  packetIdentifier: 10,
  reasonCodes: [1],
  properties: {},
};

const accepted: AcceptedRow[] = [
  {
    name: "SUBACK of 5.0 with every code [MQTT-3.9.3-2]",
    hex: "90 0F 000A 00 00 01 02 80 83 87 8F 91 97 9E A1 A2",
    sender,
    packet: {
      ...plain,
      reasonCodes: [
        ...[0x00, 0x01, 0x02, 0x80, 0x83, 0x87],
        ...[0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
      ],
    },
  },
  {
    name: "SUBACK of 3.1.1 with every code",
    hex: "90 06 000A 00 01 02 80",
    sender,
    version: 4,
    packet: { ...plain, reasonCodes: [0, 1, 2, 0x80] },
  },
  {
    name: "SUBACK of 3.1",
    hex: "90 03 000A 01",
    sender,
    version: 3,
    packet: plain,
  },
  {
    name: "SUBACK with Reason String and User Property",
    hex: "90 0F 000A 0B 1F 0001 'r' 26 0001 'k' 0001 'v' 01",
    sender,
    packet: {
      ...plain,
      properties: { reasonString: "r", userProperties: [["k", "v"]] },
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "SUBACK without a Reason Code is a Protocol Error [MQTT-3.8.4-6]",
    hex: "90 03 000A 00",
    sender,
    reasonCode: 0x82,
    because: "holds no Reason Code",
  },
  {
    name: "SUBACK with a code it does not define is a Protocol Error " +
      "[MQTT-3.9.3-2]",
    hex: "90 05 000A 00 01 03",
    sender,
    reasonCode: 0x82,
    because: "Reason Code is 0x03",
  },
  {
    name: "SUBACK of 3.1.1 with a code of 5.0 is a Protocol Error",
    hex: "90 03 000A 87",
    sender,
    version: 4,
    reasonCode: 0x82,
    because: "Reason Code is 0x87",
  },
  {
    name: "SUBACK with Packet Identifier 0 is a Protocol Error",
    hex: "90 04 0000 00 01",
    sender,
    reasonCode: 0x82,
    because: "Packet Identifier is 0",
  },
  {
    name: "SUBACK with fixed header flags is malformed [MQTT-2.1.3-1]",
    hex: "92 04 000A 00 01",
    sender,
    reasonCode: 0x81,
    because: "fixed header flags are 2",
  },
  {
    name: "SUBACK without a Property Length is malformed [MQTT-2.2.2-1]",
    hex: "90 02 000A",
    sender,
    reasonCode: 0x81,
    because: "the packet ends inside it",
  },
  {
    name: "SUBACK from a client is a Protocol Error",
    hex: "90 04 000A 00 01",
    reasonCode: 0x82,
    because: "a client must not send it",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "SUBACK of 3.1.1 says 0x80 for every failure of 5.0",
  permissions: "none",
  fn() {
    const packet = { ...plain, reasonCodes: [2, 0x87, 0x8f, 0xa2] };
    assertEquals(encodePacket(packet, 4), bytesOf("90 06 000A 02 80 80 80"));
  },
});

Deno.test({
  name: "SUBACK that no decoder would accept is not encoded [MQTT-3.8.4-6] " +
    "[MQTT-3.9.3-2]",
  permissions: "none",
  fn() {
    for (const reasonCodes of [[], [3], [0x82], [1, 256]]) {
      assertThrows(
        () => encodePacket({ ...plain, reasonCodes }, 5),
        RangeError,
      );
    }
  },
});
