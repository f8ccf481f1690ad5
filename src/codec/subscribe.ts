import { assertField, assertPacketIdentifier } from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { PacketType, type ProtocolVersion, type QoS } from "./packet_type.ts";
import type { SubscribePacket, SubscriptionRequest } from "./packets.ts";
import { writeProperties } from "./properties.ts";
import { propertyRules } from "./property_table.ts";

const SHARED_PREFIX = "$share/";

const rules = propertyRules(PacketType.subscribe, "client");

/**
 * Decodes a SUBSCRIBE; the packet owns its bytes. Whether wildcards and Share
 * Names stand where they may is for the layer of Topic Filters to say.
 * @throws {MalformedPacketError} If a field does not fit, a Topic Filter is
 * not valid UTF-8 [MQTT-3.8.3-1] or reserved option bits are set
 * [MQTT-3.8.3-5].
 * @throws {ProtocolError} If there is no Topic Filter [MQTT-3.8.3-2], No Local
 * is set on a Shared Subscription [MQTT-3.8.3-4], or QoS or Retain Handling
 * is 3.
 */
export function decodeSubscribe(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
  protocolVersion: ProtocolVersion,
): SubscribePacket {
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "SUBSCRIBE");
  const packetIdentifier = reader.readPacketIdentifier();
  const properties = protocolVersion === 5 ? reader.readProperties(rules) : {};
  const subscriptions: SubscriptionRequest[] = [];
  while (!reader.isAtEnd) {
    const topicFilter = reader.readString("Topic Filter");
    const options = reader.readUint8("Subscription Options");
    if (protocolVersion === 5) checkOptions(reader, topicFilter, options);
    else if (options > 2) {
      throw reader.malformed(`Requested QoS is ${options}, must be 0 to 2`);
    }
    subscriptions.push({
      topicFilter,
      qos: (options & 0x03) as QoS,
      noLocal: (options & 0x04) !== 0,
      retainAsPublished: (options & 0x08) !== 0,
      retainHandling: (options >> 4) as 0 | 1 | 2,
    });
  }
  if (subscriptions.length === 0) {
    throw reader.protocolError("it holds no Topic Filter");
  }
  return {
    type: PacketType.subscribe,
    packetIdentifier,
    subscriptions,
    properties,
  };
}

function checkOptions(
  reader: PacketReader,
  topicFilter: string,
  options: number,
): void {
  if (options & 0xc0) {
    throw reader.malformed("reserved bits of the Subscription Options are set");
  }
  if ((options & 0x03) === 0x03) throw reader.protocolError("QoS is 3");
  if ((options & 0x30) === 0x30) {
    throw reader.protocolError("Retain Handling is 3");
  }
  if (options & 0x04 && topicFilter.startsWith(SHARED_PREFIX)) {
    throw reader.protocolError("No Local is set on a Shared Subscription");
  }
}

/**
 * Encodes a SUBSCRIBE; properties and all options but QoS only in 5.0.
 * @throws {RangeError} If a field does not fit its form, or a rule that
 * `decodeSubscribe` holds is broken.
 */
export function writeSubscribe(
  out: ByteWriter,
  packet: SubscribePacket,
  protocolVersion: ProtocolVersion,
): void {
  const type = PacketType.subscribe;
  assertPacketIdentifier(type, packet.packetIdentifier);
  if (packet.subscriptions.length === 0) {
    throw new RangeError("Cannot encode SUBSCRIBE: it holds no Topic Filter");
  }
  out.writeUint8((type << 4) | 2);
  const start = openLength(out);
  out.writeUint16(packet.packetIdentifier);
  if (protocolVersion === 5) writeProperties(out, packet.properties, type);
  for (const subscription of packet.subscriptions) {
    out.writeString(subscription.topicFilter);
    out.writeUint8(optionsOf(subscription, protocolVersion));
  }
  closeLength(out, start);
}

function optionsOf(
  subscription: SubscriptionRequest,
  protocolVersion: ProtocolVersion,
): number {
  const { topicFilter, qos, noLocal, retainHandling } = subscription;
  assertField(PacketType.subscribe, "QoS", qos, 0, 2);
  if (protocolVersion !== 5) return qos;
  assertField(PacketType.subscribe, "Retain Handling", retainHandling, 0, 2);
  if (noLocal && topicFilter.startsWith(SHARED_PREFIX)) {
    throw new RangeError(
      `Cannot encode SUBSCRIBE: No Local is set on "${topicFilter}"`,
    );
  }
  return qos | (noLocal ? 0x04 : 0) |
    (subscription.retainAsPublished ? 0x08 : 0) | (retainHandling << 4);
}
