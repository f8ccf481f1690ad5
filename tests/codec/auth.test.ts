import { type AuthPacket, encodePacket } from "../../src/codec/mod.ts";
import { assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const plain: AuthPacket = {
  type: 15,
  reasonCode: 0x18,
  properties: { authenticationMethod: "M" },
};

const accepted: AcceptedRow[] = [
  {
    name: "AUTH from a client that continues [MQTT-4.12.0-3]",
    hex: "F0 06 18 04 15 0001 'M'",
    packet: plain,
  },
  {
    name: "AUTH from a server that continues [MQTT-4.12.0-2]",
    hex: "F0 06 18 04 15 0001 'M'",
    sender: "server",
    packet: plain,
  },
  {
    name: "AUTH from a client that starts again [MQTT-4.12.1-1]",
    hex: "F0 06 19 04 15 0001 'M'",
    packet: { ...plain, reasonCode: 0x19 },
  },
  {
    name: "AUTH from a server without a body means success [MQTT-2.2.2-1]",
    hex: "F0 00",
    sender: "server",
    packet: { ...plain, reasonCode: 0, properties: {} },
  },
  {
    name: "AUTH with every property that it may hold",
    hex: "F0 16 00 14 15 0001 'M' 16 0002 BEEF 1F 0001 'r' " +
      "26 0001 'k' 0001 'v'",
    sender: "server",
    packet: {
      ...plain,
      reasonCode: 0,
      properties: {
        authenticationMethod: "M",
        authenticationData: bytesOf("BEEF"),
        reasonString: "r",
        userProperties: [["k", "v"]],
      },
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "AUTH of 3.1.1 is a reserved type",
    hex: "F0 00",
    version: 4,
    reasonCode: 0x81,
    because: "type 15 is reserved",
  },
  {
    name: "AUTH of 3.1 is a reserved type",
    hex: "F0 00",
    version: 3,
    sender: "server",
    reasonCode: 0x81,
    because: "type 15 is reserved",
  },
  {
    name: "AUTH with fixed header flags is malformed [MQTT-3.15.1-1]",
    hex: "F1 06 18 04 15 0001 'M'",
    reasonCode: 0x81,
    because: "fixed header flags are 1",
  },
  {
    name: "AUTH from a client with success is a Protocol Error " +
      "[MQTT-3.15.2-1]",
    hex: "F0 00",
    reasonCode: 0x82,
    because: "Reason Code is 0x00",
  },
  {
    name: "AUTH from a server that starts again is a Protocol Error " +
      "[MQTT-3.15.2-1]",
    hex: "F0 06 19 04 15 0001 'M'",
    sender: "server",
    reasonCode: 0x82,
    because: "Reason Code is 0x19",
  },
  {
    name: "AUTH without a Property Length is malformed [MQTT-2.2.2-1]",
    hex: "F0 01 18",
    reasonCode: 0x81,
    because: "the packet ends inside it",
  },
  {
    name: "AUTH without an Authentication Method is a Protocol Error " +
      "[MQTT-4.12.0-5]",
    hex: "F0 02 18 00",
    reasonCode: 0x82,
    because: "Authentication Method is missing",
  },
  {
    name: "AUTH with bytes behind its properties is malformed",
    hex: "F0 07 18 04 15 0001 'M' 00",
    reasonCode: 0x81,
    because: "1 bytes follow its last field",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "AUTH that no decoder would accept is not encoded [MQTT-3.15.2-1] " +
    "[MQTT-4.12.0-5]",
  permissions: "none",
  fn() {
    const faults: Partial<AuthPacket>[] = [
      { reasonCode: 0x17 },
      { properties: {} },
      { reasonCode: 0, properties: { reasonString: "x" } },
      { properties: { authenticationMethod: "M", receiveMaximum: 1 } },
    ];
    for (const fault of faults) {
      assertThrows(() => encodePacket({ ...plain, ...fault }, 5), RangeError);
    }
  },
});
