import type { ByteWriter } from "./byte_writer.ts";
import { MalformedPacketError, ProtocolError } from "./errors.ts";
import type { FrameScanner } from "./frame_scanner.ts";
import {
  type AcknowledgementType,
  packetName,
  PacketType,
  type ProtocolVersion,
} from "./packet_type.ts";
import { readUint16, validateProperties } from "./property_scan.ts";
import { propertyRules } from "./property_table.ts";
import { reasonCodeTable, undefinedReasonCode } from "./reason_code_table.ts";
import {
  readVariableByteInteger,
  variableByteIntegerSize,
} from "./variable_byte_integer.ts";

/** The Reason Codes and properties are the same for both parties. */
const codeTables: readonly Uint8Array[] = [0, 1, 2, 3].map((index) =>
  reasonCodeTable(PacketType.puback + index, "client")
);
const rules = [0, 1, 2, 3].map((index) =>
  propertyRules(PacketType.puback + index, "client")
);

/** One PUBACK, PUBREC, PUBREL or PUBCOMP; one instance is reused. */
export class AcknowledgementView {
  packetIdentifier = 0;
  /** 0 in 3.x. */
  reasonCode = 0;
  /** The properties without their length; empty when both are equal. */
  propertiesStart = 0;
  propertiesEnd = 0;
}

/**
 * Decodes the PUBACK, PUBREC, PUBREL or PUBCOMP that `scanner` stands on.
 * @throws {MalformedPacketError} If the fixed header flags are wrong
 * [MQTT-2.1.3-1] [MQTT-3.6.1-1], the length does not fit, or a property is
 * unknown, misplaced or ill-formed.
 * @throws {ProtocolError} If the Packet Identifier is 0, the Reason Code is
 * not defined for the packet, or a property repeats.
 */
export function readAcknowledgement(
  view: AcknowledgementView,
  bytes: Uint8Array,
  scanner: FrameScanner,
  protocolVersion: ProtocolVersion,
): void {
  const type = scanner.firstByte >> 4;
  const flags = scanner.firstByte & 0x0f;
  const bodyStart = scanner.bodyStart;
  const length = scanner.frameEnd - bodyStart;
  if (flags !== (type === PacketType.pubrel ? 2 : 0)) {
    // MQTT 3.1 sets DUP on a PUBREL that is sent again.
    if (protocolVersion !== 3 || scanner.firstByte !== 0x6a) {
      throw badFlags(type, flags);
    }
  }
  if (length < 2) throw cutShort(type, length);
  const packetIdentifier = readUint16(bytes, bodyStart);
  if (packetIdentifier === 0) throw zeroPacketIdentifier(type);
  view.packetIdentifier = packetIdentifier;
  view.reasonCode = 0;
  view.propertiesStart = 0;
  view.propertiesEnd = 0;
  if (length > 2) {
    if (protocolVersion !== 5) throw leftOver(type, length - 2);
    readReason(view, bytes, scanner);
  }
}

/** The Reason Code and properties, which the shortest form leaves out. */
function readReason(
  view: AcknowledgementView,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const type = scanner.firstByte >> 4;
  const position = scanner.bodyStart + 3;
  const end = scanner.frameEnd;
  const reasonCode = bytes[position - 1];
  if (codeTables[type - PacketType.puback][reasonCode] === 0) {
    throw undefinedReasonCode(type, reasonCode);
  }
  view.reasonCode = reasonCode;
  if (position === end) return;
  const length = readVariableByteInteger(bytes, position, end);
  const start = position + variableByteIntegerSize(length);
  if (start + length > end) throw cutShort(type, end - scanner.bodyStart);
  if (start + length < end) throw leftOver(type, end - start - length);
  validateProperties(bytes, start, end, rules[type - PacketType.puback]);
  view.propertiesStart = start;
  view.propertiesEnd = end;
}

/**
 * Encodes an acknowledgement without properties in its shortest form: the
 * Reason Code stands only in 5.0 and only when it is not 0x00.
 */
export function writeAcknowledgement(
  out: ByteWriter,
  type: AcknowledgementType,
  packetIdentifier: number,
  reasonCode: number,
  protocolVersion: ProtocolVersion,
): void {
  out.ensureCapacity(5);
  const bytes = out.bytes;
  const start = out.length;
  const hasReasonCode = reasonCode !== 0 && protocolVersion === 5;
  bytes[start] = type === PacketType.pubrel ? 0x62 : type << 4;
  bytes[start + 1] = hasReasonCode ? 3 : 2;
  bytes[start + 2] = packetIdentifier >>> 8;
  bytes[start + 3] = packetIdentifier;
  if (hasReasonCode) bytes[start + 4] = reasonCode;
  out.length = start + (hasReasonCode ? 5 : 4);
}

function badFlags(type: number, flags: number): MalformedPacketError {
  return new MalformedPacketError(
    `Cannot decode ${packetName(type)}: fixed header flags are ${flags}, ` +
      `must be ${type === PacketType.pubrel ? 2 : 0}`,
  );
}

function cutShort(type: number, length: number): MalformedPacketError {
  return new MalformedPacketError(
    `Cannot decode ${packetName(type)}: Remaining Length is ${length}, which ` +
      "ends inside a field",
  );
}

function leftOver(type: number, count: number): MalformedPacketError {
  return new MalformedPacketError(
    `Cannot decode ${packetName(type)}: ${count} bytes follow its last field`,
  );
}

function zeroPacketIdentifier(type: number): ProtocolError {
  return new ProtocolError(
    `Cannot decode ${packetName(type)}: Packet Identifier is 0, must be 1 to ` +
      "65535",
  );
}
