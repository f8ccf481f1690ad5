import { writeAcknowledgementPacket } from "./acknowledgement.ts";
import { writeAuth } from "./auth.ts";
import { ByteWriter } from "./byte_writer.ts";
import { writeConnack } from "./connack.ts";
import { writeConnect } from "./connect.ts";
import { writeDisconnect } from "./disconnect.ts";
import { MAXIMUM_PACKET_SIZE_BYTES } from "./frame_scanner.ts";
import { PacketType, type ProtocolVersion } from "./packet_type.ts";
import type { Packet, Properties } from "./packets.ts";
import { writePing } from "./ping.ts";
import { propertyByName } from "./property_table.ts";
import { writePublishPacket } from "./publish.ts";
import { writeSuback } from "./suback.ts";
import { writeSubscribe } from "./subscribe.ts";
import { writeUnsuback } from "./unsuback.ts";
import { writeUnsubscribe } from "./unsubscribe.ts";

/** What the receiver of a packet accepts. */
export interface PacketLimits {
  /** No limit unless given. */
  readonly maximumPacketSizeBytes?: number;
}

const noLimits: PacketLimits = {};

/** The packets that may go without Reason String and User Properties. */
const placesOfReasonString = propertyByName("reasonString")!.places;

/**
 * Encodes any Control Packet into an array of its own. What the version does
 * not have (properties, Reason Codes, options) is left out.
 * @throws {RangeError} If a field does not fit its form.
 */
export function encodePacket(
  packet: Packet,
  protocolVersion: ProtocolVersion,
): Uint8Array {
  const out = new ByteWriter();
  writeOnce(out, packet, protocolVersion);
  return out.bytes.slice(0, out.length);
}

/**
 * Encodes any Control Packet behind what `out` holds. A packet over the limit
 * goes without its Reason String and, if need be, its User Properties, where
 * those only inform [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.4.2-2]
 * [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3]
 * [MQTT-3.7.2-2] [MQTT-3.7.2-3] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1]
 * [MQTT-3.11.2-2] [MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.15.2-2]
 * [MQTT-3.15.2-3]. Returns false, with nothing written, when it does not fit
 * even so [MQTT-3.1.2-24].
 * @throws {RangeError} If a field does not fit its form; nothing is written.
 */
export function writePacket(
  out: ByteWriter,
  packet: Packet,
  protocolVersion: ProtocolVersion,
  limits: PacketLimits = noLimits,
): boolean {
  const maximum = limits.maximumPacketSizeBytes ?? MAXIMUM_PACKET_SIZE_BYTES;
  const start = out.length;
  writeOnce(out, packet, protocolVersion);
  if (out.length - start <= maximum) return true;
  if (protocolVersion === 5 && placesOfReasonString & (1 << packet.type)) {
    const properties: Properties = "properties" in packet
      ? { ...packet.properties }
      : {};
    const shortened = { ...packet, properties };
    for (const name of ["reasonString", "userProperties"] as const) {
      delete properties[name];
      out.length = start;
      writeOnce(out, shortened, protocolVersion);
      if (out.length - start <= maximum) return true;
    }
  }
  out.length = start;
  return false;
}

/** All or nothing: an error takes back what was written. */
function writeOnce(
  out: ByteWriter,
  packet: Packet,
  protocolVersion: ProtocolVersion,
): void {
  const start = out.length;
  try {
    dispatch(out, packet, protocolVersion);
  } catch (error) {
    out.length = start;
    throw error;
  }
}

function dispatch(
  out: ByteWriter,
  packet: Packet,
  protocolVersion: ProtocolVersion,
): void {
  switch (packet.type) {
    case PacketType.connect:
      return writeConnect(out, packet);
    case PacketType.connack:
      return writeConnack(out, packet, protocolVersion);
    case PacketType.publish:
      return writePublishPacket(out, packet, protocolVersion);
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      return writeAcknowledgementPacket(out, packet, protocolVersion);
    case PacketType.subscribe:
      return writeSubscribe(out, packet, protocolVersion);
    case PacketType.suback:
      return writeSuback(out, packet, protocolVersion);
    case PacketType.unsubscribe:
      return writeUnsubscribe(out, packet, protocolVersion);
    case PacketType.unsuback:
      return writeUnsuback(out, packet, protocolVersion);
    case PacketType.pingreq:
    case PacketType.pingresp:
      return writePing(out, packet);
    case PacketType.disconnect:
      return writeDisconnect(out, packet, protocolVersion);
    case PacketType.auth:
      return writeAuth(out, packet);
  }
}
