import { assertPacketIdentifier } from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { PacketType, type ProtocolVersion } from "./packet_type.ts";
import type { UnsubackPacket } from "./packets.ts";
import { writeProperties } from "./properties.ts";
import { propertyRules } from "./property_table.ts";
import {
  assertReasonCode,
  isReasonCodeAllowed,
  undefinedReasonCode,
} from "./reason_code_table.ts";

const rules = propertyRules(PacketType.unsuback, "server");

/**
 * Decodes an UNSUBACK; the packet owns its bytes.
 * @throws {MalformedPacketError} If a field does not fit.
 * @throws {ProtocolError} If in 5.0 there is no Reason Code, or one that is
 * not defined [MQTT-3.11.3-2].
 */
export function decodeUnsuback(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
  protocolVersion: ProtocolVersion,
): UnsubackPacket {
  const type = PacketType.unsuback;
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "UNSUBACK");
  const packetIdentifier = reader.readPacketIdentifier();
  if (protocolVersion !== 5) {
    reader.expectEnd();
    return { type, packetIdentifier, reasonCodes: [], properties: {} };
  }
  const properties = reader.readProperties(rules);
  const reasonCodes = reader.readRest();
  if (reasonCodes.length === 0) {
    throw reader.protocolError("it holds no Reason Code");
  }
  for (const code of reasonCodes) {
    if (!isReasonCodeAllowed(type, code, "server")) {
      throw undefinedReasonCode(type, code);
    }
  }
  return { type, packetIdentifier, reasonCodes, properties };
}

/**
 * Encodes an UNSUBACK; Reason Codes and properties only in 5.0.
 * @throws {RangeError} If a field does not fit its form.
 */
export function writeUnsuback(
  out: ByteWriter,
  packet: UnsubackPacket,
  protocolVersion: ProtocolVersion,
): void {
  const type = PacketType.unsuback;
  assertPacketIdentifier(type, packet.packetIdentifier);
  out.writeUint8(type << 4);
  const start = openLength(out);
  out.writeUint16(packet.packetIdentifier);
  if (protocolVersion === 5) {
    if (packet.reasonCodes.length === 0) {
      throw new RangeError("Cannot encode UNSUBACK: it holds no Reason Code");
    }
    writeProperties(out, packet.properties, type);
    for (const code of packet.reasonCodes) {
      assertReasonCode(type, code, isReasonCodeAllowed(type, code, "server"));
      out.writeUint8(code);
    }
  }
  closeLength(out, start);
}
