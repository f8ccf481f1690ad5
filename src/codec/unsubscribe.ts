import { assertPacketIdentifier } from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { PacketType, type ProtocolVersion } from "./packet_type.ts";
import type { UnsubscribePacket } from "./packets.ts";
import { writeProperties } from "./properties.ts";
import { propertyRules } from "./property_table.ts";

const rules = propertyRules(PacketType.unsubscribe, "client");

/**
 * Decodes an UNSUBSCRIBE; the packet owns its bytes.
 * @throws {MalformedPacketError} If a field does not fit, or a Topic Filter is
 * not valid UTF-8 [MQTT-3.10.3-1].
 * @throws {ProtocolError} If there is no Topic Filter [MQTT-3.10.3-2].
 */
export function decodeUnsubscribe(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
  protocolVersion: ProtocolVersion,
): UnsubscribePacket {
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "UNSUBSCRIBE");
  const packetIdentifier = reader.readPacketIdentifier();
  const properties = protocolVersion === 5 ? reader.readProperties(rules) : {};
  const topicFilters: string[] = [];
  while (!reader.isAtEnd) topicFilters.push(reader.readString("Topic Filter"));
  if (topicFilters.length === 0) {
    throw reader.protocolError("it holds no Topic Filter");
  }
  return {
    type: PacketType.unsubscribe,
    packetIdentifier,
    topicFilters,
    properties,
  };
}

/**
 * Encodes an UNSUBSCRIBE; properties only in 5.0.
 * @throws {RangeError} If a field does not fit its form, or there is no Topic
 * Filter.
 */
export function writeUnsubscribe(
  out: ByteWriter,
  packet: UnsubscribePacket,
  protocolVersion: ProtocolVersion,
): void {
  const type = PacketType.unsubscribe;
  assertPacketIdentifier(type, packet.packetIdentifier);
  if (packet.topicFilters.length === 0) {
    throw new RangeError("Cannot encode UNSUBSCRIBE: it holds no Topic Filter");
  }
  out.writeUint8((type << 4) | 2);
  const start = openLength(out);
  out.writeUint16(packet.packetIdentifier);
  if (protocolVersion === 5) writeProperties(out, packet.properties, type);
  for (const topicFilter of packet.topicFilters) out.writeString(topicFilter);
  closeLength(out, start);
}
