import { type ConnackPacket, encodePacket } from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import {
  type AcceptedRow,
  bytesOf,
  type RefusedRow,
  testRows,
} from "./_packet_rows.ts";

const sender = "server";
const success: ConnackPacket = {
  type: 2,
  sessionPresent: false,
  reasonCode: 0,
  properties: {},
};

const accepted: AcceptedRow[] = [
  {
    name: "CONNACK of 5.0 without properties",
    hex: "20 03 00 00 00",
    sender,
    packet: success,
  },
  {
    name: "CONNACK with Session Present [MQTT-3.2.2-3]",
    hex: "20 03 01 00 00",
    sender,
    packet: { ...success, sessionPresent: true },
  },
  {
    name: "CONNACK of 3.1.1 with Session Present",
    hex: "20 02 01 00",
    sender,
    version: 4,
    packet: { ...success, sessionPresent: true },
  },
  {
    name: "CONNACK of 3.1.1 with return code 5",
    hex: "20 02 00 05",
    sender,
    version: 4,
    packet: { ...success, reasonCode: 5 },
  },
  {
    name: "CONNACK of 3.1, which leaves its first byte unused",
    hex: "20 02 FF 00",
    sender,
    version: 3,
    packet: success,
    encodesTo: "20 02 00 00",
  },
  {
    name: "CONNACK that refuses with a Reason String and a Server Reference",
    hex: "20 18 00 9C 15 1C 0008 'b:1883/x' 1F 0007 'go away'",
    sender,
    packet: {
      ...success,
      reasonCode: 0x9c,
      properties: { serverReference: "b:1883/x", reasonString: "go away" },
    },
  },
  {
    name: "CONNACK with every property that it may hold",
    hex: "20 4A 00 00 47 11 00000E10 21 0064 24 01 25 00 27 00100000 " +
      "12 0004 'id-1' 22 000A 1F 0002 'ok' 26 0001 'k' 0001 'v' 28 00 29 01 " +
      "2A 00 13 001E 1A 0002 'ri' 1C 0003 'srv' 15 0005 'SCRAM' 16 0001 FF",
    sender,
    packet: {
      ...success,
      properties: {
        sessionExpiryInterval: 3600,
        receiveMaximum: 100,
        maximumQos: 1,
        retainAvailable: 0,
        maximumPacketSize: 1_048_576,
        assignedClientIdentifier: "id-1",
        topicAliasMaximum: 10,
        reasonString: "ok",
        userProperties: [["k", "v"]],
        wildcardSubscriptionAvailable: 0,
        subscriptionIdentifierAvailable: 1,
        sharedSubscriptionAvailable: 0,
        serverKeepAlive: 30,
        responseInformation: "ri",
        serverReference: "srv",
        authenticationMethod: "SCRAM",
        authenticationData: bytesOf("FF"),
      },
    },
  },
];

const refused: RefusedRow[] = [
  {
    name: "CONNACK with a reserved flag is malformed [MQTT-3.2.2-1]",
    hex: "20 03 02 00 00",
    sender,
    reasonCode: 0x81,
    because: "Connect Acknowledge Flags are 2",
  },
  {
    name: "CONNACK of 3.1.1 with a reserved flag is malformed",
    hex: "20 02 80 00",
    sender,
    version: 4,
    reasonCode: 0x81,
    because: "Connect Acknowledge Flags are 128",
  },
  {
    name: "CONNACK with Session Present and a refusal is a Protocol Error " +
      "[MQTT-3.2.2-6]",
    hex: "20 03 01 87 00",
    sender,
    reasonCode: 0x82,
    because: "Session Present is 1 next to a refusal",
  },
  {
    name: "CONNACK with a code it does not define is a Protocol Error " +
      "[MQTT-3.2.2-8]",
    hex: "20 03 00 8B 00",
    sender,
    reasonCode: 0x82,
    because: "Reason Code is 0x8B, which is not defined for it and its sender",
  },
  {
    name: "CONNACK of 3.1.1 with return code 6 is a Protocol Error",
    hex: "20 02 00 06",
    sender,
    version: 4,
    reasonCode: 0x82,
    because: "Reason Code is 0x06, which is not defined for it and its sender",
  },
  {
    name: "CONNACK of 5.0 without a Property Length is malformed " +
      "[MQTT-2.2.2-1]",
    hex: "20 02 00 00",
    sender,
    reasonCode: 0x81,
    because: "Cannot decode Variable Byte Integer: the packet ends inside it",
  },
  {
    name: "CONNACK of 3.1.1 with properties is malformed",
    hex: "20 03 00 00 00",
    sender,
    version: 4,
    reasonCode: 0x81,
    because: "1 bytes follow its last field",
  },
  {
    name: "CONNACK with fixed header flags is malformed [MQTT-2.1.3-1]",
    hex: "22 03 00 00 00",
    sender,
    reasonCode: 0x81,
    because: "fixed header flags are 2, must be 0",
  },
  {
    name: "CONNACK with Maximum QoS 2 is a Protocol Error",
    hex: "20 05 00 00 02 24 02",
    sender,
    reasonCode: 0x82,
    because: "Maximum QoS is 2, must be 0 to 1",
  },
  {
    name: "CONNACK from a client is a Protocol Error",
    hex: "20 03 00 00 00",
    reasonCode: 0x82,
    because: "Cannot accept CONNACK: a client must not send it",
  },
];

testRows(accepted, refused);

Deno.test({
  name: "CONNACK that no decoder would accept is not encoded " +
    "[MQTT-3.2.2-6] [MQTT-3.2.2-8]",
  permissions: "none",
  fn() {
    const refusal = { ...success, reasonCode: 0x87 };
    assertThrows(
      () => encodePacket({ ...refusal, sessionPresent: true }, 5),
      RangeError,
    );
    assertThrows(() => encodePacket(refusal, 4), RangeError);
    assertThrows(
      () => encodePacket({ ...success, reasonCode: 0x04 }, 5),
      RangeError,
    );
    assertEquals(encodePacket(refusal, 5), bytesOf("20 03 00 87 00"));
  },
});
