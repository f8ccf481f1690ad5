import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { PacketType, type ProtocolVersion } from "./packet_type.ts";
import type { ConnackPacket } from "./packets.ts";
import { writeProperties } from "./properties.ts";
import { propertyRules } from "./property_table.ts";
import {
  assertReasonCode,
  isReasonCodeAllowed,
  undefinedReasonCode,
} from "./reason_code_table.ts";
import { ConnectReturnCode } from "./reason_codes.ts";

const rules = propertyRules(PacketType.connack, "server");

/**
 * Decodes a CONNACK; the packet owns its bytes.
 * @throws {MalformedPacketError} If a reserved Connect Acknowledge Flag is set
 * [MQTT-3.2.2-1] or a field does not fit.
 * @throws {ProtocolError} If the code is not defined [MQTT-3.2.2-8], or
 * Session Present goes with a refusal [MQTT-3.2.2-6].
 */
export function decodeConnack(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
  protocolVersion: ProtocolVersion,
): ConnackPacket {
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "CONNACK");
  let flags = reader.readUint8("Connect Acknowledge Flags");
  // MQTT 3.1 has no such flags and leaves the byte unused.
  if (protocolVersion === 3) flags = 0;
  if (flags > 1) {
    throw reader.malformed(`Connect Acknowledge Flags are ${flags}`);
  }
  const reasonCode = reader.readUint8("Reason Code");
  if (!isDefined(reasonCode, protocolVersion)) {
    throw undefinedReasonCode(PacketType.connack, reasonCode);
  }
  if (flags === 1 && reasonCode !== 0) {
    throw reader.protocolError("Session Present is 1 next to a refusal");
  }
  const properties = protocolVersion === 5 ? reader.readProperties(rules) : {};
  reader.expectEnd();
  return {
    type: PacketType.connack,
    sessionPresent: flags === 1,
    reasonCode,
    properties,
  };
}

/**
 * Encodes a CONNACK; in 3.x two bytes without properties, where MQTT 3.1 has
 * no Session Present.
 * @throws {RangeError} If the version does not define the code, or Session
 * Present goes with a refusal [MQTT-3.2.2-6].
 */
export function writeConnack(
  out: ByteWriter,
  packet: ConnackPacket,
  protocolVersion: ProtocolVersion,
): void {
  const { sessionPresent, reasonCode } = packet;
  assertReasonCode(
    PacketType.connack,
    reasonCode,
    isDefined(reasonCode, protocolVersion),
  );
  if (sessionPresent && reasonCode !== 0) {
    throw new RangeError(
      "Cannot encode CONNACK: Session Present is true next to a refusal",
    );
  }
  out.writeUint8(PacketType.connack << 4);
  const start = openLength(out);
  out.writeUint8(sessionPresent && protocolVersion !== 3 ? 1 : 0);
  out.writeUint8(reasonCode);
  if (protocolVersion === 5) {
    writeProperties(out, packet.properties, PacketType.connack);
  }
  closeLength(out, start);
}

function isDefined(code: number, protocolVersion: ProtocolVersion): boolean {
  return protocolVersion === 5
    ? isReasonCodeAllowed(PacketType.connack, code, "server")
    : code <= ConnectReturnCode.notAuthorized;
}
