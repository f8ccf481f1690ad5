import {
  type ConnectPacket,
  decodeConnect,
  encodePacket,
  MqttError,
  type ProtocolVersion,
  UnsupportedProtocolError,
} from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  decodeWhole,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const plain: ConnectPacket = {
  type: 1,
  protocolVersion: 5,
  cleanStart: true,
  keepAliveSeconds: 60,
  clientIdentifier: "abc",
  willMessage: null,
  userName: null,
  password: null,
  properties: {},
};

const accepted: AcceptedRow[] = [
  {
    name: "CONNECT of MQTT 5.0 with only a Client Identifier",
    hex: "10 10 0004 'MQTT' 05 02 003C 00 0003 'abc'",
    packet: plain,
  },
  {
    name: "CONNECT of MQTT 3.1.1",
    hex: "10 0F 0004 'MQTT' 04 00 0000 0003 'abc'",
    packet: {
      ...plain,
      protocolVersion: 4,
      cleanStart: false,
      keepAliveSeconds: 0,
    },
  },
  {
    name: "CONNECT of MQTT 3.1 with its own Protocol Name",
    hex: "10 11 0006 'MQIsdp' 03 02 FFFF 0003 'abc'",
    packet: { ...plain, protocolVersion: 3, keepAliveSeconds: 65535 },
  },
  {
    name: "CONNECT with an empty Client Identifier [MQTT-3.1.3-3]",
    hex: "10 0D 0004 'MQTT' 05 02 003C 00 0000",
    packet: { ...plain, clientIdentifier: "" },
  },
  {
    name: "CONNECT with every field, in their order [MQTT-3.1.3-1]",
    hex: "10 2F 0004 'MQTT' 05 EE 003C 00 0003 'abc' " +
      "05 18 0000001E 0003 'w/t' 0004 DEADBEEF 0004 'user' 0006 'secret'",
    packet: {
      ...plain,
      willMessage: {
        topicName: "w/t",
        payload: bytesOf("DEADBEEF"),
        qos: 1,
        isRetained: true,
        properties: { willDelayInterval: 30 },
      },
      userName: "user",
      password: bytesOf("'secret'"),
    },
  },
  {
    name: "CONNECT with a Will of 3.1.1, which has no properties",
    hex: "10 17 0004 'MQTT' 04 16 003C 0003 'abc' 0001 't' 0003 'off'",
    packet: {
      ...plain,
      protocolVersion: 4,
      willMessage: {
        topicName: "t",
        payload: bytesOf("'off'"),
        qos: 2,
        isRetained: false,
        properties: {},
      },
    },
  },
  {
    name: "CONNECT of 5.0 with a password and no user name [MQTT-3.1.2-19]",
    hex: "10 14 0004 'MQTT' 05 42 003C 00 0003 'abc' 0002 'pw'",
    packet: { ...plain, password: bytesOf("'pw'") },
  },
  {
    name: "CONNECT with a user name of no characters",
    hex: "10 12 0004 'MQTT' 05 82 003C 00 0003 'abc' 0000",
    packet: { ...plain, userName: "" },
  },
  {
    name: "CONNECT of 3.1 whose flags promise fields that are missing",
    hex: "10 11 0006 'MQIsdp' 03 C2 003C 0003 'abc'",
    packet: { ...plain, protocolVersion: 3 },
    encodesTo: "10 11 0006 'MQIsdp' 03 02 003C 0003 'abc'",
  },
  {
    name: "CONNECT with every property that it may hold",
    hex: "10 49 0004 'MQTT' 05 02 003C 39 11 FFFFFFFF 21 0014 27 00100000 " +
      "22 000A 19 01 17 00 26 0001 'a' 0001 'b' 26 0001 'a' 0001 'c' " +
      "15 000D 'SCRAM-SHA-256' 16 0004 'n,,n' 0003 'abc'",
    packet: {
      ...plain,
      properties: {
        sessionExpiryInterval: 0xffff_ffff,
        receiveMaximum: 20,
        maximumPacketSize: 1_048_576,
        topicAliasMaximum: 10,
        requestResponseInformation: 1,
        requestProblemInformation: 0,
        userProperties: [["a", "b"], ["a", "c"]],
        authenticationMethod: "SCRAM-SHA-256",
        authenticationData: bytesOf("'n,,n'"),
      },
    },
  },
  {
    name: "CONNECT with every property of a Will",
    hex: "10 41 0004 'MQTT' 05 06 003C 00 0003 'abc' 2B 18 00000001 01 01 " +
      "02 0000000A 03 000A 'text/plain' 08 0003 'r/t' 09 0002 0102 " +
      "26 0001 'k' 0001 'v' 0001 't' 0000",
    packet: {
      ...plain,
      willMessage: {
        topicName: "t",
        payload: new Uint8Array(0),
        qos: 0,
        isRetained: false,
        properties: {
          willDelayInterval: 1,
          payloadFormatIndicator: 1,
          messageExpiryInterval: 10,
          contentType: "text/plain",
          responseTopic: "r/t",
          correlationData: bytesOf("0102"),
          userProperties: [["k", "v"]],
        },
      },
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "CONNECT with another Protocol Name is refused [MQTT-3.1.2-1]",
    hex: "10 10 0004 'MQTX' 05 02 003C 00 0003 'abc'",
    reasonCode: 0x84,
    because:
      'Cannot accept CONNECT: Protocol Name is "MQTX", Protocol Version 5',
  },
  {
    name: "CONNECT with the Protocol Name in small letters is refused " +
      "[MQTT-3.1.2-1]",
    hex: "10 10 0004 'mqtt' 05 02 003C 00 0003 'abc'",
    reasonCode: 0x84,
    because:
      'Cannot accept CONNECT: Protocol Name is "mqtt", Protocol Version 5',
  },
  {
    name: "CONNECT with Protocol Version 6 is refused [MQTT-3.1.2-2]",
    hex: "10 10 0004 'MQTT' 06 02 003C 00 0003 'abc'",
    reasonCode: 0x84,
    because:
      'Cannot accept CONNECT: Protocol Name is "MQTT", Protocol Version 6',
  },
  {
    name: "CONNECT with the name of 5.0 and the version of 3.1 is refused " +
      "[MQTT-3.1.2-2]",
    hex: "10 0F 0004 'MQTT' 03 02 003C 0003 'abc'",
    reasonCode: 0x84,
    because:
      'Cannot accept CONNECT: Protocol Name is "MQTT", Protocol Version 3',
  },
  {
    name: "CONNECT with a Protocol Name longer than the packet is malformed",
    hex: "10 06 FFFF 'MQTT'",
    reasonCode: 0x81,
    because: "Protocol Name needs 65535 bytes, 4 are left",
  },
  {
    name: "CONNECT with fixed header flags is malformed [MQTT-2.1.3-1]",
    hex: "11 10 0004 'MQTT' 05 02 003C 00 0003 'abc'",
    reasonCode: 0x81,
    because: "fixed header flags are 1, must be 0",
  },
  {
    name: "CONNECT with the reserved Connect Flag is malformed [MQTT-3.1.2-3]",
    hex: "10 10 0004 'MQTT' 05 03 003C 00 0003 'abc'",
    reasonCode: 0x81,
    because: "reserved bit of the Connect Flags is 1",
  },
  {
    name: "CONNECT of 3.1.1 with the reserved Connect Flag is malformed",
    hex: "10 0F 0004 'MQTT' 04 03 003C 0003 'abc'",
    version: 4,
    reasonCode: 0x81,
    because: "reserved bit of the Connect Flags is 1",
  },
  {
    name: "CONNECT with Will QoS and no Will is malformed [MQTT-3.1.2-11]",
    hex: "10 10 0004 'MQTT' 05 0A 003C 00 0003 'abc'",
    reasonCode: 0x81,
    because: "Will QoS or Will Retain is set without Will Flag",
  },
  {
    name: "CONNECT with Will Retain and no Will is malformed [MQTT-3.1.2-13]",
    hex: "10 10 0004 'MQTT' 05 22 003C 00 0003 'abc'",
    reasonCode: 0x81,
    because: "Will QoS or Will Retain is set without Will Flag",
  },
  {
    name: "CONNECT with Will QoS 3 is malformed [MQTT-3.1.2-12]",
    hex: "10 16 0004 'MQTT' 05 1E 003C 00 0003 'abc' 00 0001 't' 0000",
    reasonCode: 0x81,
    because: "Will QoS is 3",
  },
  {
    name: "CONNECT with the Will Flag and no Will is malformed [MQTT-3.1.2-9]",
    hex: "10 10 0004 'MQTT' 05 06 003C 00 0003 'abc'",
    reasonCode: 0x81,
    because: "Cannot decode Variable Byte Integer: the packet ends inside it",
  },
  {
    name: "CONNECT with the User Name Flag and no User Name is malformed " +
      "[MQTT-3.1.2-17]",
    hex: "10 10 0004 'MQTT' 05 82 003C 00 0003 'abc'",
    reasonCode: 0x81,
    because: "User Name needs 2 bytes, 0 are left",
  },
  {
    name: "CONNECT with the Password Flag and no Password is malformed " +
      "[MQTT-3.1.2-19]",
    hex: "10 10 0004 'MQTT' 05 42 003C 00 0003 'abc'",
    reasonCode: 0x81,
    because: "Password needs 2 bytes, 0 are left",
  },
  {
    name: "CONNECT with bytes that no flag announces is malformed " +
      "[MQTT-3.1.2-16] [MQTT-3.1.2-18]",
    hex: "10 14 0004 'MQTT' 05 02 003C 00 0003 'abc' 0002 'pw'",
    reasonCode: 0x81,
    because: "4 bytes follow its last field",
  },
  {
    name: "CONNECT of 3.1.1 with a password and no user name is malformed",
    hex: "10 13 0004 'MQTT' 04 42 003C 0003 'abc' 0002 'pw'",
    reasonCode: 0x81,
    because: "Password Flag is set without User Name Flag",
  },
  {
    name: "CONNECT of 3.1.1 with a missing user name is malformed",
    hex: "10 0F 0004 'MQTT' 04 82 003C 0003 'abc'",
    reasonCode: 0x81,
    because: "User Name needs 2 bytes, 0 are left",
  },
  {
    name: "CONNECT without a Client Identifier is malformed [MQTT-3.1.3-3]",
    hex: "10 0B 0004 'MQTT' 05 02 003C 00",
    reasonCode: 0x81,
    because: "Client Identifier needs 2 bytes, 0 are left",
  },
  {
    name: "CONNECT with ill-formed UTF-8 as Client Identifier is malformed " +
      "[MQTT-3.1.3-4]",
    hex: "10 0F 0004 'MQTT' 05 02 003C 00 0002 C328",
    reasonCode: 0x81,
    because: "Client Identifier is ill-formed UTF-8 or U+0000 at byte 0",
  },
  {
    name: "CONNECT with U+0000 in the Client Identifier is malformed " +
      "[MQTT-1.5.4-2]",
    hex: "10 10 0004 'MQTT' 05 02 003C 00 0003 610062",
    reasonCode: 0x81,
    because: "Client Identifier is ill-formed UTF-8 or U+0000 at byte 1",
  },
  {
    name: "CONNECT with ill-formed UTF-8 as User Name is malformed " +
      "[MQTT-3.1.3-12]",
    hex: "10 14 0004 'MQTT' 05 82 003C 00 0003 'abc' 0002 C0AF",
    reasonCode: 0x81,
    because: "User Name is ill-formed UTF-8 or U+0000 at byte 0",
  },
  {
    name: "CONNECT with a surrogate in the Will Topic is malformed " +
      "[MQTT-3.1.3-11]",
    hex: "10 18 0004 'MQTT' 05 06 003C 00 0003 'abc' 00 0003 EDA080 0000",
    reasonCode: 0x81,
    because: "Cannot accept Topic Name: ill-formed UTF-8 or U+0000 at byte 0",
  },
  {
    name: "CONNECT with a wildcard in the Will Topic is a Protocol Error " +
      "[MQTT-4.7.0-1]",
    hex: "10 18 0004 'MQTT' 05 06 003C 00 0003 'abc' 00 0003 'a/+' 0000",
    reasonCode: 0x90,
    because: 'Cannot accept Topic Name: "a/+" holds a wildcard',
  },
  {
    name: "CONNECT with an empty Will Topic is a Protocol Error " +
      "[MQTT-4.7.3-1]",
    hex: "10 15 0004 'MQTT' 05 06 003C 00 0003 'abc' 00 0000 0000",
    reasonCode: 0x82,
    because: "Cannot accept Topic Name: it is empty",
  },
  {
    name: "CONNECT without a Property Length is malformed [MQTT-2.2.2-1]",
    hex: "10 0A 0004 'MQTT' 05 02 003C",
    reasonCode: 0x81,
    because: "Cannot decode Variable Byte Integer: the packet ends inside it",
  },
  {
    name: "CONNECT with a Property Length past the packet is malformed",
    hex: "10 10 0004 'MQTT' 05 02 003C 06 0003 'abc'",
    reasonCode: 0x81,
    because: "Property Length needs 6 bytes, 5 are left",
  },
  {
    name: "CONNECT with Authentication Data and no Authentication Method is " +
      "a Protocol Error",
    hex: "10 14 0004 'MQTT' 05 02 003C 04 16 0001 00 0003 'abc'",
    reasonCode: 0x82,
    because: "Authentication Data stands without Authentication Method",
  },
  {
    name: "CONNECT from a server is a Protocol Error",
    hex: "10 10 0004 'MQTT' 05 02 003C 00 0003 'abc'",
    sender: "server",
    reasonCode: 0x82,
    because: "Cannot accept CONNECT: a server must not send it",
  },
];

testRows(accepted, refused);

/** The error that a CONNECT raises when it is decoded by itself. */
function errorOf(hex: string): MqttError {
  const bytes = bytesOf(hex);
  return assertThrows(() => decodeConnect(bytes, 2, bytes.length), MqttError);
}

Deno.test({
  name: "an error in CONNECT carries the version to answer in",
  permissions: "none",
  fn() {
    const rows: [hex: string, version: ProtocolVersion | 0][] = [
      ["10 10 0004 'MQTT' 05 03 003C 00 0003 'abc'", 5],
      ["10 14 0004 'MQTT' 05 02 003C 04 16 0001 00 0003 'abc'", 5],
      ["10 0F 0004 'MQTT' 04 03 003C 0003 'abc'", 4],
      ["10 11 0006 'MQIsdp' 03 03 003C 0003 'abc'", 3],
      ["10 10 0004 'MQTT' 06 02 003C 00 0003 'abc'", 0],
      ["10 05 0004 'MQT'", 0],
    ];
    for (const [hex, version] of rows) {
      assertEquals(errorOf(hex).protocolVersion, version, hex);
    }
  },
});

Deno.test({
  name: "an unsupported CONNECT says whether its Protocol Name is known " +
    "[MQTT-3.1.2-1] [MQTT-3.1.2-2]",
  permissions: "none",
  fn() {
    const rows: [hex: string, isKnownName: boolean][] = [
      ["10 10 0004 'MQTT' 06 02 003C 00 0003 'abc'", true],
      ["10 11 0006 'MQIsdp' 04 02 003C 0003 'abc'", true],
      ["10 0F 0004 'AMQP' 04 02 003C 0003 'abc'", false],
    ];
    for (const [hex, isKnownName] of rows) {
      const error = errorOf(hex) as UnsupportedProtocolError;
      assertEquals(error instanceof UnsupportedProtocolError, true);
      assertEquals(error.isKnownName, isKnownName, hex);
    }
  },
});

Deno.test({
  name: "an error in CONNECT never shows the password",
  permissions: "none",
  fn() {
    const error = errorOf(
      "10 1C 0004 'MQTT' 05 C2 003C 00 0003 'abc' 0001 'u' 0006 'secret' FF",
    );
    assertEquals(error.reasonCode, 0x81);
    assertEquals(error.message.includes("secret"), false);
  },
});

Deno.test({
  name: "CONNECT that no decoder would accept is not encoded",
  permissions: "none",
  fn() {
    const will = {
      topicName: "a/#",
      payload: new Uint8Array(0),
      qos: 0 as const,
      isRetained: false,
      properties: {},
    };
    const faults: Partial<ConnectPacket>[] = [
      { keepAliveSeconds: 65536 },
      { keepAliveSeconds: 1.5 },
      { protocolVersion: 4, password: new Uint8Array(1) },
      { clientIdentifier: "x".repeat(65536) },
      { clientIdentifier: "\0" },
      { clientIdentifier: "\ud800" },
      { password: new Uint8Array(65536) },
      { properties: { receiveMaximum: 0 } },
      { properties: { topicAlias: 1 } },
      { willMessage: will },
      { willMessage: { ...will, topicName: "" } },
      { willMessage: { ...will, topicName: "a", qos: 3 as 2 } },
      {
        willMessage: {
          ...will,
          topicName: "a",
          properties: { receiveMaximum: 1 },
        },
      },
    ];
    for (const fault of faults) {
      assertThrows(() => encodePacket({ ...plain, ...fault }, 5), RangeError);
    }
  },
});

Deno.test({
  name: "strings of 65,535 bytes pass through CONNECT [MQTT-4.7.3-3]",
  permissions: "none",
  fn() {
    const packet: ConnectPacket = {
      ...plain,
      clientIdentifier: "ü".repeat(32767) + "x",
      userName: "u".repeat(65535),
      password: new Uint8Array(65535).fill(7),
    };
    assertEquals(decodeWhole(encodePacket(packet, 5)), packet);
  },
});
