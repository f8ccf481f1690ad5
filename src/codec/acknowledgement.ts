import { assertPacketIdentifier } from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import {
  AcknowledgementView,
  readAcknowledgement,
  writeAcknowledgement,
} from "./acknowledgement_view.ts";
import type { ByteWriter } from "./byte_writer.ts";
import type { FrameScanner } from "./frame_scanner.ts";
import {
  type AcknowledgementType,
  PacketType,
  type ProtocolVersion,
} from "./packet_type.ts";
import type { AcknowledgementPacket } from "./packets.ts";
import {
  hasProperties,
  readProperties,
  writeProperties,
} from "./properties.ts";
import { propertyRules } from "./property_table.ts";
import { assertReasonCode, isReasonCodeAllowed } from "./reason_code_table.ts";

/**
 * Decodes the PUBACK, PUBREC, PUBREL or PUBCOMP that `scanner` stands on; the
 * packet owns its bytes.
 * @throws {MqttError} As `readAcknowledgement` does.
 */
export function decodeAcknowledgement(
  bytes: Uint8Array,
  scanner: FrameScanner,
  protocolVersion: ProtocolVersion,
): AcknowledgementPacket {
  const view = new AcknowledgementView();
  readAcknowledgement(view, bytes, scanner, protocolVersion);
  const type = scanner.firstByte >> 4;
  return {
    type: type as AcknowledgementType,
    packetIdentifier: view.packetIdentifier,
    reasonCode: view.reasonCode,
    properties: readProperties(
      bytes,
      view.propertiesStart,
      view.propertiesEnd,
      propertyRules(type, "client"),
    ),
  };
}

/**
 * Encodes a PUBACK, PUBREC, PUBREL or PUBCOMP in its shortest form; Reason
 * Code and properties only in 5.0.
 * @throws {RangeError} If a field does not fit its form.
 */
export function writeAcknowledgementPacket(
  out: ByteWriter,
  packet: AcknowledgementPacket,
  protocolVersion: ProtocolVersion,
): void {
  const { type, packetIdentifier, reasonCode, properties } = packet;
  assertPacketIdentifier(type, packetIdentifier);
  assertReasonCode(
    type,
    reasonCode,
    isReasonCodeAllowed(type, reasonCode, "client"),
  );
  if (protocolVersion !== 5 || !hasProperties(properties)) {
    return writeAcknowledgement(
      out,
      type,
      packetIdentifier,
      reasonCode,
      protocolVersion,
    );
  }
  out.writeUint8(type === PacketType.pubrel ? 0x62 : type << 4);
  const start = openLength(out);
  out.writeUint16(packetIdentifier);
  out.writeUint8(reasonCode);
  writeProperties(out, properties, type);
  closeLength(out, start);
}
