import { type DisconnectPacket, encodePacket } from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const plain: DisconnectPacket = { type: 14, reasonCode: 0, properties: {} };

const accepted: AcceptedRow[] = [
  { name: "DISCONNECT of 3.1", hex: "E0 00", version: 3, packet: plain },
  { name: "DISCONNECT of 3.1.1", hex: "E0 00", version: 4, packet: plain },
  { name: "DISCONNECT of 5.0 without a body", hex: "E0 00", packet: plain },
  {
    name: "DISCONNECT with a Reason Code only",
    hex: "E0 01 04",
    packet: { ...plain, reasonCode: 4 },
  },
  {
    name: "DISCONNECT may say success",
    hex: "E0 01 00",
    packet: plain,
    encodesTo: "E0 00",
  },
  {
    name: "DISCONNECT may have a Property Length of 0",
    hex: "E0 02 04 00",
    packet: { ...plain, reasonCode: 4 },
    encodesTo: "E0 01 04",
  },
  {
    name: "DISCONNECT from a client with every property that it may send",
    hex: "E0 12 00 10 11 0000000A 1F 0001 'r' 26 0001 'k' 0001 'v'",
    packet: {
      ...plain,
      properties: {
        sessionExpiryInterval: 10,
        reasonString: "r",
        userProperties: [["k", "v"]],
      },
    },
  },
  {
    name: "DISCONNECT from a server with a Server Reference",
    hex: "E0 08 9D 06 1C 0003 'b:1'",
    sender: "server",
    packet: {
      ...plain,
      reasonCode: 0x9d,
      properties: { serverReference: "b:1" },
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "DISCONNECT of 3.1.1 with a body is malformed",
    hex: "E0 01 00",
    version: 4,
    reasonCode: 0x81,
    because: "1 bytes follow its last field",
  },
  {
    name: "DISCONNECT of 3.1.1 from a server is a Protocol Error",
    hex: "E0 00",
    version: 4,
    sender: "server",
    reasonCode: 0x82,
    because: "a server must not send it",
  },
  {
    name: "DISCONNECT with fixed header flags is malformed [MQTT-3.14.1-1]",
    hex: "E1 00",
    reasonCode: 0x81,
    because: "fixed header flags are 1",
  },
  {
    name: "DISCONNECT of 3.1.1 with fixed header flags is malformed",
    hex: "E2 00",
    version: 4,
    reasonCode: 0x81,
    because: "fixed header flags are 2",
  },
  {
    name: "DISCONNECT from a client with a code of servers is a Protocol " +
      "Error [MQTT-3.14.2-1]",
    hex: "E0 01 8E",
    reasonCode: 0x82,
    because: "Reason Code is 0x8E",
  },
  {
    name: "DISCONNECT from a server with a code of clients is a Protocol " +
      "Error [MQTT-3.14.2-1]",
    hex: "E0 01 04",
    sender: "server",
    reasonCode: 0x82,
    because: "Reason Code is 0x04",
  },
  {
    name: "DISCONNECT from a server with a Session Expiry Interval is a " +
      "Protocol Error [MQTT-3.14.2-2]",
    hex: "E0 07 00 05 11 0000000A",
    sender: "server",
    reasonCode: 0x82,
    because: "Session Expiry Interval must not come from a server",
  },
  {
    name: "DISCONNECT from a client with a Server Reference is a Protocol " +
      "Error",
    hex: "E0 06 00 04 1C 0001 'x'",
    reasonCode: 0x82,
    because: "Server Reference must not come from a client",
  },
  {
    name: "DISCONNECT with bytes behind its properties is malformed",
    hex: "E0 03 00 00 00",
    reasonCode: 0x81,
    because: "1 bytes follow its last field",
  },
  {
    name: "DISCONNECT whose properties reach past it is malformed",
    hex: "E0 02 00 01",
    reasonCode: 0x81,
    because: "Property Length needs 1 bytes",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "DISCONNECT that no decoder would accept is not encoded " +
    "[MQTT-3.14.2-1]",
  permissions: "none",
  fn() {
    for (const reasonCode of [0x01, 0x8c, 0x92, 0xa3]) {
      assertThrows(() => encodePacket({ ...plain, reasonCode }, 5), RangeError);
    }
    const properties = { topicAlias: 1 };
    assertThrows(() => encodePacket({ ...plain, properties }, 5), RangeError);
  },
});

Deno.test({
  name: "DISCONNECT of 3.1.1 leaves out what only 5.0 has",
  permissions: "none",
  fn() {
    const packet = {
      ...plain,
      reasonCode: 0x8e,
      properties: { reasonString: "taken over" },
    };
    assertEquals(encodePacket(packet, 4), bytesOf("E0 00"));
  },
});
