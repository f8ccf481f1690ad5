import { assertPacketIdentifier } from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { PacketType, type ProtocolVersion } from "./packet_type.ts";
import type { SubackPacket } from "./packets.ts";
import { writeProperties } from "./properties.ts";
import { propertyRules } from "./property_table.ts";
import {
  assertReasonCode,
  isReasonCodeAllowed,
  undefinedReasonCode,
} from "./reason_code_table.ts";
import { ReasonCode } from "./reason_codes.ts";

const rules = propertyRules(PacketType.suback, "server");

/**
 * Decodes a SUBACK; the packet owns its bytes.
 * @throws {MalformedPacketError} If a field does not fit.
 * @throws {ProtocolError} If there is no Reason Code [MQTT-3.8.4-6], or one
 * that the version does not define [MQTT-3.9.3-2].
 */
export function decodeSuback(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
  protocolVersion: ProtocolVersion,
): SubackPacket {
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "SUBACK");
  const packetIdentifier = reader.readPacketIdentifier();
  const properties = protocolVersion === 5 ? reader.readProperties(rules) : {};
  const reasonCodes = reader.readRest();
  if (reasonCodes.length === 0) {
    throw reader.protocolError("it holds no Reason Code");
  }
  for (const code of reasonCodes) {
    if (!isDefined(code, protocolVersion)) {
      throw undefinedReasonCode(PacketType.suback, code);
    }
  }
  return { type: PacketType.suback, packetIdentifier, reasonCodes, properties };
}

/**
 * Encodes a SUBACK. 3.x knows one failure, 0x80, which stands for all those of
 * 5.0, and no properties.
 * @throws {RangeError} If a field does not fit its form.
 */
export function writeSuback(
  out: ByteWriter,
  packet: SubackPacket,
  protocolVersion: ProtocolVersion,
): void {
  const type = PacketType.suback;
  assertPacketIdentifier(type, packet.packetIdentifier);
  if (packet.reasonCodes.length === 0) {
    throw new RangeError("Cannot encode SUBACK: it holds no Reason Code");
  }
  out.writeUint8(type << 4);
  const start = openLength(out);
  out.writeUint16(packet.packetIdentifier);
  if (protocolVersion === 5) writeProperties(out, packet.properties, type);
  for (const code of packet.reasonCodes) {
    assertReasonCode(type, code, isReasonCodeAllowed(type, code, "server"));
    const isFailure = code >= ReasonCode.unspecifiedError;
    out.writeUint8(
      isFailure && protocolVersion !== 5 ? ReasonCode.unspecifiedError : code,
    );
  }
  closeLength(out, start);
}

function isDefined(code: number, protocolVersion: ProtocolVersion): boolean {
  return protocolVersion === 5
    ? isReasonCodeAllowed(PacketType.suback, code, "server")
    : code <= ReasonCode.grantedQos2 || code === ReasonCode.unspecifiedError;
}
