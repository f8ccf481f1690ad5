import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import {
  PacketType,
  type ProtocolVersion,
  type Sender,
} from "./packet_type.ts";
import type { DisconnectPacket } from "./packets.ts";
import { hasProperties, writeProperties } from "./properties.ts";
import { propertyRules } from "./property_table.ts";
import {
  assertReasonCode,
  isReasonCodeAllowed,
  undefinedReasonCode,
} from "./reason_code_table.ts";

/**
 * Decodes a DISCONNECT; the packet owns its bytes. Without a body it means
 * 0x00, and in 3.x it never has one.
 * @throws {MalformedPacketError} If a field does not fit.
 * @throws {ProtocolError} If the code is not for this sender [MQTT-3.14.2-1],
 * or a server sends a Session Expiry Interval [MQTT-3.14.2-2].
 */
export function decodeDisconnect(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
  protocolVersion: ProtocolVersion,
  sender: Sender,
): DisconnectPacket {
  const type = PacketType.disconnect;
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "DISCONNECT");
  if (protocolVersion !== 5) reader.expectEnd();
  const reasonCode = reader.isAtEnd ? 0 : reader.readUint8("Reason Code");
  if (!isReasonCodeAllowed(type, reasonCode, sender)) {
    throw undefinedReasonCode(type, reasonCode);
  }
  const properties = reader.isAtEnd
    ? {}
    : reader.readProperties(propertyRules(type, sender));
  reader.expectEnd();
  return { type, reasonCode, properties };
}

/**
 * Encodes a DISCONNECT in its shortest form; Reason Code and properties only
 * in 5.0.
 * @throws {RangeError} If neither party may send the code, or a property does
 * not fit its form.
 */
export function writeDisconnect(
  out: ByteWriter,
  packet: DisconnectPacket,
  protocolVersion: ProtocolVersion,
): void {
  const type = PacketType.disconnect;
  const { reasonCode, properties } = packet;
  out.writeUint8(type << 4);
  const start = openLength(out);
  if (protocolVersion === 5) {
    const isDefined = isReasonCodeAllowed(type, reasonCode, "client") ||
      isReasonCodeAllowed(type, reasonCode, "server");
    assertReasonCode(type, reasonCode, isDefined);
    const withProperties = hasProperties(properties);
    if (reasonCode !== 0 || withProperties) out.writeUint8(reasonCode);
    if (withProperties) writeProperties(out, properties, type);
  }
  closeLength(out, start);
}
