import { encodePacket, type SubscribePacket } from "../../src/codec/mod.ts";
import { assertThrows } from "../_assert.ts";
import { type AcceptedRow, type RefusedRow, testRows } from "./_packet_rows.ts";

const request = {
  topicFilter: "a/b",
  qos: 1 as const,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0 as const,
};
const plain: SubscribePacket = {
  type: 8,
  packetIdentifier: 10,
  subscriptions: [request],
  properties: {},
};

const accepted: AcceptedRow[] = [
  {
    name: "SUBSCRIBE of 5.0 with one Topic Filter",
    hex: "82 09 000A 00 0003 'a/b' 01",
    packet: plain,
  },
  {
    name: "SUBSCRIBE of 3.1.1 with one Topic Filter",
    hex: "82 08 000A 0003 'a/b' 01",
    version: 4,
    packet: plain,
  },
  {
    name: "SUBSCRIBE of 3.1 may have DUP",
    hex: "8A 08 000A 0003 'a/b' 01",
    version: 3,
    packet: plain,
    encodesTo: "82 08 000A 0003 'a/b' 01",
  },
  {
    name: "SUBSCRIBE with several Topic Filters and every option",
    hex: "82 19 000A 00 0001 '#' 2E 0003 '+/+' 14 0009 '$share/g/' 1A",
    packet: {
      ...plain,
      subscriptions: [
        {
          topicFilter: "#",
          qos: 2,
          noLocal: true,
          retainAsPublished: true,
          retainHandling: 2,
        },
        {
          topicFilter: "+/+",
          qos: 0,
          noLocal: true,
          retainAsPublished: false,
          retainHandling: 1,
        },
        {
          topicFilter: "$share/g/",
          qos: 2,
          noLocal: false,
          retainAsPublished: true,
          retainHandling: 1,
        },
      ],
    },
  },
  {
    name: "SUBSCRIBE with a Subscription Identifier and a User Property",
    hex: "82 15 000A 0C 0B FFFFFF7F 26 0001 'k' 0001 'v' 0003 'a/b' 01",
    packet: {
      ...plain,
      properties: {
        subscriptionIdentifiers: [268_435_455],
        userProperties: [["k", "v"]],
      },
    },
  },
  {
    name: "SUBSCRIBE to a filter that only resembles a Shared Subscription " +
      "may have No Local",
    hex: "82 0C 000A 00 0006 '$share' 04",
    packet: {
      ...plain,
      subscriptions: [{
        ...request,
        topicFilter: "$share",
        qos: 0,
        noLocal: true,
      }],
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "SUBSCRIBE without a Topic Filter is a Protocol Error " +
      "[MQTT-3.8.3-2]",
    hex: "82 03 000A 00",
    reasonCode: 0x82,
    because: "holds no Topic Filter",
  },
  {
    name: "SUBSCRIBE of 3.1.1 without a Topic Filter is a Protocol Error",
    hex: "82 02 000A",
    version: 4,
    reasonCode: 0x82,
    because: "holds no Topic Filter",
  },
  {
    name: "SUBSCRIBE with Packet Identifier 0 is a Protocol Error " +
      "[MQTT-2.2.1-3]",
    hex: "82 09 0000 00 0003 'a/b' 01",
    reasonCode: 0x82,
    because: "Packet Identifier is 0",
  },
  {
    name: "SUBSCRIBE with other fixed header flags is malformed " +
      "[MQTT-3.8.1-1]",
    hex: "80 09 000A 00 0003 'a/b' 01",
    reasonCode: 0x81,
    because: "fixed header flags are 0",
  },
  {
    name: "SUBSCRIBE of 3.1.1 with DUP is malformed [MQTT-3.8.1-1]",
    hex: "8A 08 000A 0003 'a/b' 01",
    version: 4,
    reasonCode: 0x81,
    because: "fixed header flags are 10",
  },
  {
    name: "SUBSCRIBE without Subscription Options is malformed",
    hex: "82 08 000A 00 0003 'a/b'",
    reasonCode: 0x81,
    because: "Subscription Options needs 1 bytes",
  },
  {
    name: "SUBSCRIBE whose Topic Filter reaches past it is malformed",
    hex: "82 09 000A 00 0005 'a/b' 01",
    reasonCode: 0x81,
    because: "Topic Filter needs 5 bytes",
  },
  {
    name: "SUBSCRIBE with ill-formed UTF-8 as Topic Filter is malformed " +
      "[MQTT-3.8.3-1]",
    hex: "82 09 000A 00 0003 61C0AF 01",
    reasonCode: 0x81,
    because: "Topic Filter is ill-formed UTF-8 or U+0000 at byte 1",
  },
  {
    name: "SUBSCRIBE with reserved option bit 6 is malformed [MQTT-3.8.3-5]",
    hex: "82 09 000A 00 0003 'a/b' 41",
    reasonCode: 0x81,
    because: "reserved bits",
  },
  {
    name: "SUBSCRIBE with reserved option bit 7 is malformed [MQTT-3.8.3-5]",
    hex: "82 09 000A 00 0003 'a/b' 81",
    reasonCode: 0x81,
    because: "reserved bits",
  },
  {
    name: "SUBSCRIBE at QoS 3 is a Protocol Error",
    hex: "82 09 000A 00 0003 'a/b' 03",
    reasonCode: 0x82,
    because: "QoS is 3",
  },
  {
    name: "SUBSCRIBE with Retain Handling 3 is a Protocol Error",
    hex: "82 09 000A 00 0003 'a/b' 31",
    reasonCode: 0x82,
    because: "Retain Handling is 3",
  },
  {
    name: "SUBSCRIBE with No Local on a Shared Subscription is a Protocol " +
      "Error [MQTT-3.8.3-4]",
    hex: "82 10 000A 00 000A '$share/g/t' 04",
    reasonCode: 0x82,
    because: "No Local",
  },
  {
    name: "SUBSCRIBE of 3.1.1 with an option of 5.0 is malformed",
    hex: "82 08 000A 0003 'a/b' 05",
    version: 4,
    reasonCode: 0x81,
    because: "Requested QoS is 5",
  },
  {
    name: "SUBSCRIBE of 3.1.1 at QoS 3 is malformed",
    hex: "82 08 000A 0003 'a/b' 03",
    version: 4,
    reasonCode: 0x81,
    because: "Requested QoS is 3",
  },
  {
    name: "SUBSCRIBE with Subscription Identifier 0 is a Protocol Error",
    hex: "82 0B 000A 02 0B 00 0003 'a/b' 01",
    reasonCode: 0x82,
    because: "Subscription Identifier is 0",
  },
  {
    name: "SUBSCRIBE with two Subscription Identifiers is a Protocol Error",
    hex: "82 0D 000A 04 0B 01 0B 02 0003 'a/b' 01",
    reasonCode: 0x82,
    because: "Subscription Identifier stands twice",
  },
  {
    name: "SUBSCRIBE with a padded Subscription Identifier is malformed " +
      "[MQTT-1.5.5-1]",
    hex: "82 0C 000A 03 0B 8100 0003 'a/b' 01",
    reasonCode: 0x81,
    because: "more bytes than its value needs",
  },
  {
    name: "SUBSCRIBE from a server is a Protocol Error",
    hex: "82 09 000A 00 0003 'a/b' 01",
    sender: "server",
    reasonCode: 0x82,
    because: "a server must not send it",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "SUBSCRIBE that no decoder would accept is not encoded " +
    "[MQTT-3.8.3-2] [MQTT-3.8.3-4]",
  permissions: "none",
  fn() {
    const shared = { ...request, topicFilter: "$share/g/t", noLocal: true };
    const faults: Partial<SubscribePacket>[] = [
      { packetIdentifier: 0 },
      { subscriptions: [] },
      { subscriptions: [shared] },
      { subscriptions: [{ ...request, qos: 3 as 2 }] },
      { subscriptions: [{ ...request, retainHandling: 3 as 2 }] },
      { subscriptions: [{ ...request, topicFilter: "\0" }] },
      { properties: { subscriptionIdentifiers: [1, 2] } },
      { properties: { reasonString: "x" } },
    ];
    for (const fault of faults) {
      assertThrows(() => encodePacket({ ...plain, ...fault }, 5), RangeError);
    }
  },
});
