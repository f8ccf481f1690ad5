import {
  isReasonCodeAllowed,
  MqttError,
  PacketType,
  ReasonCode,
  reasonName,
  type Sender,
} from "../../src/codec/mod.ts";
import { assertEquals, assertMatch, assertThrows } from "../_assert.ts";
import { bytesOf, decodeWhole } from "./_packet_rows.ts";

Deno.test({
  name: "packet type 0 is malformed in every version",
  permissions: "none",
  fn() {
    for (const version of [3, 4, 5] as const) {
      for (const sender of ["client", "server"] as const) {
        const error = assertThrows(
          () => decodeWhole(bytesOf("00 00"), version, sender),
          MqttError,
          "type 0 is reserved",
        );
        assertEquals(error.reasonCode, 0x81);
      }
    }
  },
});

Deno.test({
  name: "each type but PUBLISH has one value of the fixed header flags " +
    "[MQTT-2.1.3-1]",
  permissions: "none",
  fn() {
    for (let type = 1; type <= 15; type++) {
      if (type === PacketType.publish) continue;
      const allowed = [6, 8, 10].includes(type) ? 2 : 0;
      const sender = [2, 9, 11, 13].includes(type) ? "server" : "client";
      for (let flags = 0; flags < 16; flags++) {
        if (flags === allowed) continue;
        const error = assertThrows(
          () => decodeWhole(new Uint8Array([type << 4 | flags, 0]), 5, sender),
          MqttError,
          `fixed header flags are ${flags}`,
        );
        assertEquals(error.reasonCode, 0x81);
      }
    }
  },
});

/** The tables of the standard, by packet and sender. */
const codes: [type: number, sender: Sender, codes: string][] = [
  [
    PacketType.connack,
    "server",
    "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f",
  ],
  [PacketType.puback, "client", "00 10 80 83 87 90 91 97 99"],
  [PacketType.puback, "server", "00 10 80 83 87 90 91 97 99"],
  [PacketType.pubrec, "client", "00 10 80 83 87 90 91 97 99"],
  [PacketType.pubrec, "server", "00 10 80 83 87 90 91 97 99"],
  [PacketType.pubrel, "client", "00 92"],
  [PacketType.pubrel, "server", "00 92"],
  [PacketType.pubcomp, "client", "00 92"],
  [PacketType.pubcomp, "server", "00 92"],
  [PacketType.suback, "server", "00 01 02 80 83 87 8f 91 97 9e a1 a2"],
  [PacketType.unsuback, "server", "00 11 80 83 87 8f 91"],
  [
    PacketType.disconnect,
    "client",
    "00 04 80 81 82 83 90 93 94 95 96 97 98 99",
  ],
  [
    PacketType.disconnect,
    "server",
    "00 80 81 82 83 87 89 8b 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e " +
    "9f a0 a1 a2",
  ],
  [PacketType.auth, "client", "18 19"],
  [PacketType.auth, "server", "00 18"],
];

Deno.test({
  name: "a Reason Code is allowed where the standard lists it, and nowhere " +
    "else [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] " +
    "[MQTT-3.7.2-1] [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.14.2-1] " +
    "[MQTT-3.15.2-1]",
  permissions: "none",
  fn() {
    for (let type = 0; type < 16; type++) {
      for (const sender of ["client", "server"] as const) {
        const row = codes.find((row) => row[0] === type && row[1] === sender);
        const allowed: string[] = [];
        for (let code = 0; code < 256; code++) {
          if (isReasonCodeAllowed(type, code, sender)) {
            allowed.push(code.toString(16).padStart(2, "0"));
          }
        }
        assertEquals(allowed.join(" "), row?.[2] ?? "", `type ${type}`);
      }
    }
  },
});

Deno.test({
  name: "every Reason Code has the standard's name",
  permissions: "none",
  fn() {
    for (const code of Object.values(ReasonCode)) {
      assertMatch(reasonName(code), /^(?!Unknown)[A-Z]/);
    }
    assertEquals(reasonName(ReasonCode.notAuthorized), "Not authorized");
    assertEquals(reasonName(0x05), "Unknown Reason Code 0x05");
  },
});
