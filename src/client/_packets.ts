/**
 * The Control Packets that only a client reads or writes. Half of the codec
 * is for servers: imported packet by packet, it stays out of the bundle.
 */
import { decodeAuth, writeAuth } from "../codec/auth.ts";
import { decodeConnack } from "../codec/connack.ts";
import { writeConnect } from "../codec/connect.ts";
import { decodeDisconnect, writeDisconnect } from "../codec/disconnect.ts";
import { PacketReader } from "../codec/_packet_reader.ts";
import { propertyRules } from "../codec/property_table.ts";
import { writePublishPacket } from "../codec/publish.ts";
import {
  type AuthPacket,
  type ByteWriter,
  type ConnackPacket,
  type ConnectPacket,
  decodePingresp,
  decodeSuback,
  decodeUnsuback,
  type DisconnectPacket,
  type FrameScanner,
  MalformedPacketError,
  PacketType,
  type PingrespPacket,
  ProtocolError,
  type ProtocolVersion,
  type PublishPacket,
  type QoS,
  type SubackPacket,
  type SubscribePacket,
  type UnsubackPacket,
  type UnsubscribePacket,
} from "../codec/mod.ts";
import { writeSubscribe } from "../codec/subscribe.ts";
import { writeUnsubscribe } from "../codec/unsubscribe.ts";

/** What a server sends beside PUBLISH and its acknowledgements. */
export type ServerPacket =
  | ConnackPacket
  | SubackPacket
  | UnsubackPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket;

/** What a client sends beside acknowledgements and PINGREQ. */
export type ClientPacket =
  | ConnectPacket
  | PublishPacket
  | SubscribePacket
  | UnsubscribePacket
  | DisconnectPacket
  | AuthPacket;

/**
 * Decodes the packet that `scanner` stands on.
 * @throws {MqttError} If it is malformed [MQTT-2.1.3-1], or none that a server
 * may send.
 */
export function decodeServerPacket(
  bytes: Uint8Array,
  { firstByte, bodyStart, frameEnd }: FrameScanner,
  protocolVersion: ProtocolVersion,
): ServerPacket {
  if ((firstByte & 0x0f) !== 0) {
    throw new MalformedPacketError(
      `Cannot decode packet: its first byte is ${firstByte}`,
    );
  }
  switch (firstByte >> 4) {
    case PacketType.connack:
      return decodeConnack(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.suback:
      return decodeSuback(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.unsuback:
      return decodeUnsuback(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.pingresp:
      return decodePingresp(bytes, bodyStart, frameEnd);
  }
  if (protocolVersion === 5) {
    switch (firstByte >> 4) {
      case PacketType.disconnect:
        return decodeDisconnect(bytes, bodyStart, frameEnd, 5, "server");
      case PacketType.auth:
        return decodeAuth(bytes, bodyStart, frameEnd, "server");
    }
  }
  throw new ProtocolError(
    `Cannot accept packet type ${firstByte >> 4}: a server must not send it`,
  );
}

const publishRules = propertyRules(PacketType.publish, "server");

/**
 * Decodes a PUBLISH of a server into a packet that owns its bytes. The codec's
 * `decodePublish` goes by way of the broker's view, whose 1,200 bytes would be
 * too many for the bundle.
 * @throws {MqttError} If it is malformed, or its Topic Name is not valid; an
 * empty one is next to a Topic Alias only [MQTT-4.7.3-1].
 */
export function decodeServerPublish(
  bytes: Uint8Array,
  { firstByte, bodyStart, frameEnd }: FrameScanner,
  protocolVersion: ProtocolVersion,
): PublishPacket {
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "PUBLISH");
  const qos = (firstByte >> 1) & 3;
  const isDuplicate = (firstByte & 0x08) !== 0;
  if (qos === 3 || (qos === 0 && isDuplicate)) {
    throw reader.malformed(`QoS is ${qos}, DUP is ${isDuplicate}`);
  }
  const topicName = reader.readString("Topic Name");
  const packetIdentifier = qos === 0 ? 0 : reader.readPacketIdentifier();
  const properties = protocolVersion === 5
    ? reader.readProperties(publishRules)
    : {};
  const isValid = topicName === ""
    ? properties.topicAlias !== undefined
    : !/[#+]/.test(topicName);
  if (!isValid) {
    throw reader.protocolError(`Topic Name is "${topicName}"`);
  }
  return {
    type: PacketType.publish,
    topicName,
    payload: bytes.slice(reader.position, frameEnd),
    qos: qos as QoS,
    isDuplicate,
    isRetained: (firstByte & 0x01) !== 0,
    packetIdentifier,
    properties,
  };
}

/**
 * Encodes `packet` behind what `out` holds; returns false, with nothing
 * written, if it is larger than the server takes [MQTT-3.2.2-15].
 * @throws {RangeError} If a field does not fit its form; nothing is written.
 */
export function writeClientPacket(
  out: ByteWriter,
  packet: ClientPacket,
  protocolVersion: ProtocolVersion,
  maximumPacketSizeBytes: number,
): boolean {
  const start = out.length;
  let hasFit = false;
  try {
    write(out, packet, protocolVersion);
    hasFit = out.length - start <= maximumPacketSizeBytes;
  } finally {
    if (!hasFit) out.length = start;
  }
  return hasFit;
}

function write(
  out: ByteWriter,
  packet: ClientPacket,
  protocolVersion: ProtocolVersion,
): void {
  switch (packet.type) {
    case PacketType.connect:
      return writeConnect(out, packet);
    case PacketType.publish:
      return writePublishPacket(out, packet, protocolVersion);
    case PacketType.subscribe:
      return writeSubscribe(out, packet, protocolVersion);
    case PacketType.unsubscribe:
      return writeUnsubscribe(out, packet, protocolVersion);
    case PacketType.disconnect:
      return writeDisconnect(out, packet, protocolVersion);
    case PacketType.auth:
      return writeAuth(out, packet);
  }
}
