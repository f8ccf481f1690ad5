import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { PacketType, type Sender } from "./packet_type.ts";
import type { AuthPacket } from "./packets.ts";
import { hasProperties, writeProperties } from "./properties.ts";
import { propertyRules } from "./property_table.ts";
import {
  assertReasonCode,
  isReasonCodeAllowed,
  undefinedReasonCode,
} from "./reason_code_table.ts";

/**
 * Decodes an AUTH, which only 5.0 has; the packet owns its bytes. Without a
 * body it means 0x00.
 * @throws {MalformedPacketError} If a field does not fit.
 * @throws {ProtocolError} If the code is not for this sender [MQTT-3.15.2-1],
 * or the Authentication Method is missing [MQTT-4.12.0-5].
 */
export function decodeAuth(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
  sender: Sender,
): AuthPacket {
  const type = PacketType.auth;
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "AUTH");
  const hasBody = !reader.isAtEnd;
  const reasonCode = hasBody ? reader.readUint8("Reason Code") : 0;
  if (!isReasonCodeAllowed(type, reasonCode, sender)) {
    throw undefinedReasonCode(type, reasonCode);
  }
  if (!hasBody) return { type, reasonCode, properties: {} };
  const properties = reader.readProperties(propertyRules(type, sender));
  if (properties.authenticationMethod === undefined) {
    throw reader.protocolError("Authentication Method is missing");
  }
  reader.expectEnd();
  return { type, reasonCode, properties };
}

/**
 * Encodes an AUTH in its shortest form.
 * @throws {RangeError} If neither party may send the code, a property does not
 * fit its form, or the Authentication Method is missing.
 */
export function writeAuth(out: ByteWriter, packet: AuthPacket): void {
  const type = PacketType.auth;
  const { reasonCode, properties } = packet;
  const isDefined = isReasonCodeAllowed(type, reasonCode, "client") ||
    isReasonCodeAllowed(type, reasonCode, "server");
  assertReasonCode(type, reasonCode, isDefined);
  out.writeUint8(type << 4);
  const start = openLength(out);
  if (reasonCode !== 0 || hasProperties(properties)) {
    if (properties.authenticationMethod === undefined) {
      throw new RangeError(
        "Cannot encode AUTH: Authentication Method is missing",
      );
    }
    out.writeUint8(reasonCode);
    writeProperties(out, properties, type);
  }
  closeLength(out, start);
}
