import { encodePacket, type PublishPacket } from "../../src/codec/mod.ts";
import { assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const plain: PublishPacket = {
  type: 3,
  topicName: "a/b",
  payload: bytesOf("'hello'"),
  qos: 0,
  isDuplicate: false,
  isRetained: false,
  packetIdentifier: 0,
  properties: {},
};

const accepted: AcceptedRow[] = [
  {
    name: "PUBLISH of 5.0 at QoS 0 [MQTT-2.2.1-2]",
    hex: "30 0B 0003 'a/b' 00 'hello'",
    packet: plain,
  },
  {
    name: "PUBLISH of 3.1.1 at QoS 0",
    hex: "30 0A 0003 'a/b' 'hello'",
    version: 4,
    packet: plain,
  },
  {
    name: "PUBLISH of 3.1 at QoS 2 with DUP and RETAIN",
    hex: "3D 0C 0003 'a/b' 0007 'hello'",
    version: 3,
    packet: {
      ...plain,
      qos: 2,
      isDuplicate: true,
      isRetained: true,
      packetIdentifier: 7,
    },
  },
  {
    name: "PUBLISH at QoS 1 with the largest Packet Identifier",
    hex: "32 0D 0003 'a/b' FFFF 00 'hello'",
    packet: { ...plain, qos: 1, packetIdentifier: 65535 },
  },
  {
    name: "PUBLISH that clears a retained message [MQTT-3.3.1-6]",
    hex: "31 06 0003 'a/b' 00",
    packet: { ...plain, isRetained: true, payload: new Uint8Array(0) },
  },
  {
    name: "PUBLISH with a BOM in the Topic Name, which stays [MQTT-1.5.4-3]",
    hex: "30 07 0004 EFBBBF 'a' 00",
    packet: { ...plain, topicName: "\ufeffa", payload: new Uint8Array(0) },
  },
  {
    name: "PUBLISH with four-byte characters in the Topic Name",
    hex: "30 09 0006 F09F8CA1 'ok' 00",
    packet: { ...plain, topicName: "🌡ok", payload: new Uint8Array(0) },
  },
  {
    name: "PUBLISH with an empty Topic Name and a Topic Alias",
    hex: "30 0B 0000 03 23 0001 'hello'",
    packet: { ...plain, topicName: "", properties: { topicAlias: 1 } },
  },
  {
    name: "PUBLISH with every property that a client may send",
    hex: "32 37 0003 'a/b' 000A 2A 01 01 02 0000003C 23 FFFF " +
      "03 0006 'text/x' 08 0001 'r' 09 0002 0001 26 0001 'k' 0001 'v' " +
      "26 0001 'k' 0001 'v' 'hello'",
    packet: {
      ...plain,
      qos: 1,
      packetIdentifier: 10,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 60,
        topicAlias: 65535,
        contentType: "text/x",
        responseTopic: "r",
        correlationData: bytesOf("0001"),
        userProperties: [["k", "v"], ["k", "v"]],
      },
    },
  },
  {
    name: "PUBLISH from a server with Subscription Identifiers, which may " +
      "repeat [MQTT-3.3.4-4]",
    hex: "30 12 0003 'a/b' 07 0B 01 0B FFFFFF7F 'hello'",
    sender: "server",
    packet: {
      ...plain,
      properties: { subscriptionIdentifiers: [1, 268_435_455] },
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "PUBLISH at QoS 3 is malformed [MQTT-3.3.1-4]",
    hex: "36 0D 0003 'a/b' 0001 00 'hello'",
    reasonCode: 0x81,
    because: "QoS is 3",
  },
  {
    name: "PUBLISH with DUP at QoS 0 is malformed [MQTT-3.3.1-2]",
    hex: "38 0B 0003 'a/b' 00 'hello'",
    reasonCode: 0x81,
    because: "DUP is 1 at QoS 0",
  },
  {
    name: "PUBLISH at QoS 1 with Packet Identifier 0 is a Protocol Error " +
      "[MQTT-2.2.1-3]",
    hex: "32 0D 0003 'a/b' 0000 00 'hello'",
    reasonCode: 0x82,
    because: "Packet Identifier is 0, must be 1 to 65535",
  },
  {
    name: "PUBLISH with no body is malformed [MQTT-3.3.2-1]",
    hex: "30 00",
    reasonCode: 0x81,
    because: "Topic Name reaches past the end of the packet",
  },
  {
    name: "PUBLISH with half a Topic Name length is malformed",
    hex: "30 01 00",
    reasonCode: 0x81,
    because: "Topic Name reaches past the end of the packet",
  },
  {
    name: "PUBLISH whose Topic Name reaches past the packet is malformed",
    hex: "30 06 0005 'a/b' 00",
    reasonCode: 0x81,
    because: "Topic Name reaches past the end of the packet",
  },
  {
    name: "PUBLISH at QoS 1 without room for a Packet Identifier is malformed",
    hex: "32 06 0003 'a/b' 00",
    reasonCode: 0x81,
    because: "Packet Identifier reaches past the end of the packet",
  },
  {
    name: "PUBLISH of 5.0 without a Property Length is malformed " +
      "[MQTT-2.2.2-1]",
    hex: "30 05 0003 'a/b'",
    reasonCode: 0x81,
    because: "Cannot decode Variable Byte Integer: the packet ends inside it",
  },
  {
    name: "PUBLISH whose properties reach past the packet is malformed",
    hex: "30 08 0003 'a/b' 03 01 01",
    reasonCode: 0x81,
    because: "Property Length reaches past the end of the packet",
  },
  {
    name: "PUBLISH with a padded Property Length is malformed [MQTT-1.5.5-1]",
    hex: "30 07 0003 'a/b' 80 00",
    reasonCode: 0x81,
    because:
      "Cannot decode Variable Byte Integer: it uses more bytes than its value needs",
  },
  {
    name: "PUBLISH with an empty Topic Name and no Topic Alias is a Protocol " +
      "Error [MQTT-4.7.3-1]",
    hex: "30 03 0000 00",
    reasonCode: 0x82,
    because: "Topic Name is empty without a Topic Alias",
  },
  {
    name: "PUBLISH of 3.1.1 with an empty Topic Name is a Protocol Error",
    hex: "30 02 0000",
    version: 4,
    reasonCode: 0x82,
    because: "Topic Name is empty without a Topic Alias",
  },
  {
    name: "PUBLISH with a wildcard in the Topic Name is refused " +
      "[MQTT-3.3.2-2]",
    hex: "30 06 0003 'a/#' 00",
    reasonCode: 0x90,
    because: 'Cannot accept Topic Name: "a/#" holds a wildcard',
  },
  {
    name: "PUBLISH with ill-formed UTF-8 as Topic Name is malformed " +
      "[MQTT-3.3.2-1]",
    hex: "30 06 0003 61FF62 00",
    reasonCode: 0x81,
    because: "Cannot accept Topic Name: ill-formed UTF-8 or U+0000 at byte 1",
  },
  {
    name: "PUBLISH with U+0000 in the Topic Name is malformed [MQTT-4.7.3-2]",
    hex: "30 06 0003 610062 00",
    reasonCode: 0x81,
    because: "Cannot accept Topic Name: ill-formed UTF-8 or U+0000 at byte 1",
  },
  {
    name: "PUBLISH with Topic Alias 0 is refused [MQTT-3.3.2-8]",
    hex: "30 09 0003 'a/b' 03 23 0000",
    reasonCode: 0x94,
    because: "Topic Alias is 0, must be 1 to 65535",
  },
  {
    name: "PUBLISH with two Topic Aliases is a Protocol Error",
    hex: "30 0C 0003 'a/b' 06 23 0001 23 0001",
    reasonCode: 0x82,
    because: "Topic Alias stands twice",
  },
  {
    name: "PUBLISH with two Message Expiry Intervals is a Protocol Error",
    hex: "30 10 0003 'a/b' 0A 02 00000001 02 00000001",
    reasonCode: 0x82,
    because: "Message Expiry Interval stands twice",
  },
  {
    name: "PUBLISH from a client with a Subscription Identifier is a " +
      "Protocol Error [MQTT-3.3.4-6]",
    hex: "30 08 0003 'a/b' 02 0B 01",
    reasonCode: 0x82,
    because: "Subscription Identifier must not come from a client",
  },
  {
    name: "PUBLISH from a server with Subscription Identifier 0 is a " +
      "Protocol Error",
    hex: "30 08 0003 'a/b' 02 0B 00",
    sender: "server",
    reasonCode: 0x82,
    because: "Subscription Identifier is 0, must be 1 to 268435455",
  },
  {
    name: "PUBLISH with a wildcard in the Response Topic is a Protocol Error " +
      "[MQTT-3.3.2-14]",
    hex: "30 0A 0003 'a/b' 04 08 0001 '+'",
    reasonCode: 0x82,
    because: "Response Topic is empty or holds a wildcard",
  },
  {
    name: "PUBLISH with an empty Response Topic is a Protocol Error " +
      "[MQTT-4.7.3-1]",
    hex: "30 09 0003 'a/b' 03 08 0000",
    reasonCode: 0x82,
    because: "Response Topic is empty or holds a wildcard",
  },
  {
    name: "PUBLISH with ill-formed UTF-8 as Response Topic is malformed " +
      "[MQTT-3.3.2-13]",
    hex: "30 0A 0003 'a/b' 04 08 0001 80",
    reasonCode: 0x81,
    because: "Response Topic is ill-formed UTF-8",
  },
  {
    name: "PUBLISH with ill-formed UTF-8 as Content Type is malformed " +
      "[MQTT-3.3.2-19]",
    hex: "30 0A 0003 'a/b' 04 03 0001 C3",
    reasonCode: 0x81,
    because: "Content Type is ill-formed UTF-8",
  },
  {
    name: "PUBLISH with ill-formed UTF-8 as User Property name is malformed " +
      "[MQTT-1.5.7-1]",
    hex: "30 0D 0003 'a/b' 07 26 0001 FE 0001 'v'",
    reasonCode: 0x81,
    because: "User Property is ill-formed UTF-8",
  },
  {
    name: "PUBLISH with ill-formed UTF-8 as User Property value is malformed " +
      "[MQTT-1.5.7-1]",
    hex: "30 0D 0003 'a/b' 07 26 0001 'k' 0001 00",
    reasonCode: 0x81,
    because: "User Property is ill-formed UTF-8",
  },
  {
    name: "PUBLISH with a User Property past its properties is malformed",
    hex: "30 0D 0003 'a/b' 06 26 0001 'k' 0001 'v'",
    reasonCode: 0x81,
    because: "User Property reaches past the end of the properties",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "PUBLISH that no decoder would accept is not encoded [MQTT-2.2.1-3] " +
    "[MQTT-3.3.1-2] [MQTT-3.3.1-4] [MQTT-3.3.2-2] [MQTT-4.7.3-1]",
  permissions: "none",
  fn() {
    const faults: Partial<PublishPacket>[] = [
      { topicName: "" },
      { topicName: "a/+/b" },
      { topicName: "#" },
      { topicName: "x".repeat(65536) },
      { topicName: "\udc00" },
      { qos: 3 as 2, packetIdentifier: 1 },
      { qos: 1 },
      { qos: 2, packetIdentifier: 65536 },
      { isDuplicate: true },
      { properties: { topicAlias: 0 } },
      { properties: { responseTopic: "a/#" } },
      { properties: { responseTopic: "" } },
      { properties: { willDelayInterval: 1 } },
      { properties: { payloadFormatIndicator: 2 } },
      { properties: { subscriptionIdentifiers: [0] } },
      { properties: { subscriptionIdentifiers: [268_435_456] } },
      { properties: { userProperties: [["\0", ""]] } },
    ];
    for (const fault of faults) {
      assertThrows(() => encodePacket({ ...plain, ...fault }, 5), RangeError);
    }
    const aliased = { topicName: "", properties: { topicAlias: 1 } };
    assertThrows(() => encodePacket({ ...plain, ...aliased }, 4), RangeError);
  },
});

Deno.test({
  name: "PUBLISH with a payload that no Remaining Length can describe is not " +
    "encoded",
  permissions: "none",
  fn() {
    const payload = new Uint8Array(268_435_456);
    assertThrows(
      () => encodePacket({ ...plain, payload }, 5),
      RangeError,
      "size of the payload is 268435456",
    );
  },
});
