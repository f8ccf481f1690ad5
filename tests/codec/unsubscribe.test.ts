import { encodePacket, type UnsubscribePacket } from "../../src/codec/mod.ts";
import { assertThrows } from "../_assert.ts";
import { type AcceptedRow, type RefusedRow, testRows } from "./_packet_rows.ts";

const plain: UnsubscribePacket = {
  type: 10,
  packetIdentifier: 10,
  topicFilters: ["a/b"],
  properties: {},
};

const accepted: AcceptedRow[] = [
  {
    name: "UNSUBSCRIBE of 5.0 with one Topic Filter",
    hex: "A2 08 000A 00 0003 'a/b'",
    packet: plain,
  },
  {
    name: "UNSUBSCRIBE of 3.1.1 with two Topic Filters",
    hex: "A2 0A 000A 0003 'a/b' 0001 '#'",
    version: 4,
    packet: { ...plain, topicFilters: ["a/b", "#"] },
  },
  {
    name: "UNSUBSCRIBE of 3.1 may have DUP",
    hex: "AA 07 000A 0003 'a/b'",
    version: 3,
    packet: plain,
    encodesTo: "A2 07 000A 0003 'a/b'",
  },
  {
    name: "UNSUBSCRIBE with a User Property",
    hex: "A2 0F 000A 07 26 0001 'k' 0001 'v' 0003 'a/b'",
    packet: { ...plain, properties: { userProperties: [["k", "v"]] } },
  },
];

const refused: RefusedRow[] = [
  {
    name: "UNSUBSCRIBE without a Topic Filter is a Protocol Error " +
      "[MQTT-3.10.3-2]",
    hex: "A2 03 000A 00",
    reasonCode: 0x82,
    because: "holds no Topic Filter",
  },
  {
    name: "UNSUBSCRIBE of 3.1.1 without a Topic Filter is a Protocol Error",
    hex: "A2 02 000A",
    version: 4,
    reasonCode: 0x82,
    because: "holds no Topic Filter",
  },
  {
    name: "UNSUBSCRIBE with Packet Identifier 0 is a Protocol Error " +
      "[MQTT-2.2.1-3]",
    hex: "A2 08 0000 00 0003 'a/b'",
    reasonCode: 0x82,
    because: "Packet Identifier is 0",
  },
  {
    name: "UNSUBSCRIBE with other fixed header flags is malformed " +
      "[MQTT-3.10.1-1]",
    hex: "A0 08 000A 00 0003 'a/b'",
    reasonCode: 0x81,
    because: "fixed header flags are 0",
  },
  {
    name: "UNSUBSCRIBE with ill-formed UTF-8 as Topic Filter is malformed " +
      "[MQTT-3.10.3-1]",
    hex: "A2 08 000A 00 0003 EDBFBF",
    reasonCode: 0x81,
    because: "Topic Filter is ill-formed UTF-8",
  },
  {
    name: "UNSUBSCRIBE with a cut-off Topic Filter is malformed",
    hex: "A2 09 000A 00 0003 'a/b' 00",
    reasonCode: 0x81,
    because: "Topic Filter needs 2 bytes",
  },
  {
    name: "UNSUBSCRIBE with a Subscription Identifier is malformed",
    hex: "A2 0A 000A 02 0B 01 0003 'a/b'",
    reasonCode: 0x81,
    because: "cannot hold Subscription Identifier",
  },
  {
    name: "UNSUBSCRIBE from a server is a Protocol Error",
    hex: "A2 08 000A 00 0003 'a/b'",
    sender: "server",
    reasonCode: 0x82,
    because: "a server must not send it",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "UNSUBSCRIBE that no decoder would accept is not encoded " +
    "[MQTT-3.10.3-2]",
  permissions: "none",
  fn() {
    const faults: Partial<UnsubscribePacket>[] = [
      { packetIdentifier: 0 },
      { topicFilters: [] },
      { topicFilters: ["\ud800"] },
      { properties: { subscriptionIdentifiers: [1] } },
    ];
    for (const fault of faults) {
      assertThrows(() => encodePacket({ ...plain, ...fault }, 5), RangeError);
    }
  },
});
