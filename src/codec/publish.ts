import {
  assertField,
  assertPacketIdentifier,
  assertTopicName,
} from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { ProtocolError } from "./errors.ts";
import type { FrameScanner } from "./frame_scanner.ts";
import {
  PacketType,
  type ProtocolVersion,
  type QoS,
  type Sender,
} from "./packet_type.ts";
import type { Properties, PublishPacket } from "./packets.ts";
import { decodeForwardedProperties, writeProperties } from "./properties.ts";
import { PublishView, readPublish } from "./publish_view.ts";
import { decodeUtf8, validateTopicNameBytes } from "./utf8.ts";
import { MAXIMUM_VARIABLE_BYTE_INTEGER } from "./variable_byte_integer.ts";

/**
 * Decodes the PUBLISH that `scanner` stands on into a packet that owns its
 * bytes: `readPublish`, and the Topic Name checked as well.
 * @throws {MqttError} As `readPublish` and `validateTopicNameBytes` do; an
 * empty Topic Name is allowed next to a Topic Alias only [MQTT-4.7.3-1].
 */
export function decodePublish(
  bytes: Uint8Array,
  scanner: FrameScanner,
  protocolVersion: ProtocolVersion,
  sender: Sender,
): PublishPacket {
  const view = new PublishView();
  const fromServer = sender === "server";
  readPublish(view, bytes, scanner, protocolVersion, { fromServer });
  const { topicStart, topicEnd, payloadStart, payloadEnd } = view;
  if (topicStart < topicEnd) {
    validateTopicNameBytes(bytes, topicStart, topicEnd);
  } else if (view.topicAlias === 0) {
    throw new ProtocolError(
      "Cannot decode PUBLISH: Topic Name is empty without a Topic Alias",
    );
  }
  return {
    type: PacketType.publish,
    topicName: decodeUtf8(bytes, topicStart, topicEnd),
    payload: bytes.slice(payloadStart, payloadEnd),
    qos: view.qos as QoS,
    isDuplicate: view.isDuplicate,
    isRetained: view.isRetained,
    packetIdentifier: view.packetIdentifier,
    properties: propertiesOf(view),
  };
}

function propertiesOf(view: PublishView): Properties {
  const properties = decodeForwardedProperties(
    view.propertiesBytes,
    view.propertiesStart,
    view.propertiesEnd,
  );
  if (view.topicAlias !== 0) properties.topicAlias = view.topicAlias;
  if (view.messageExpiryIntervalSeconds >= 0) {
    properties.messageExpiryInterval = view.messageExpiryIntervalSeconds;
  }
  return properties;
}

/**
 * Encodes a PUBLISH; properties only in 5.0.
 * @throws {RangeError} If a field does not fit its form, or the packet would
 * be over 268,435,460 bytes.
 */
export function writePublishPacket(
  out: ByteWriter,
  packet: PublishPacket,
  protocolVersion: ProtocolVersion,
): void {
  const type = PacketType.publish;
  const { qos, topicName, packetIdentifier, properties, payload } = packet;
  assertField(type, "QoS", qos, 0, 2);
  if (qos === 0 && packet.isDuplicate) {
    throw new RangeError("Cannot encode PUBLISH: DUP is 1 at QoS 0");
  }
  const isVersion5 = protocolVersion === 5;
  const hasAlias = isVersion5 && properties.topicAlias !== undefined;
  if (topicName !== "" || !hasAlias) {
    assertTopicName(type, "Topic Name", topicName);
  }
  assertField(
    type,
    "size of the payload",
    payload.length,
    0,
    MAXIMUM_VARIABLE_BYTE_INTEGER,
  );
  out.writeUint8(
    (type << 4) | (packet.isDuplicate ? 0x08 : 0) | (qos << 1) |
      (packet.isRetained ? 0x01 : 0),
  );
  const start = openLength(out);
  out.writeString(topicName);
  if (qos > 0) {
    assertPacketIdentifier(type, packetIdentifier);
    out.writeUint16(packetIdentifier);
  }
  if (isVersion5) writeProperties(out, properties, type);
  out.writeBytes(payload, 0, payload.length);
  closeLength(out, start);
}
