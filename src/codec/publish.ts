import { assertField, assertPacketIdentifier } from "./_assert_field.ts";
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
import {
  decodeForwardedProperties,
  encodePropertyFields,
} from "./properties.ts";
import { PublishView, readPublish } from "./publish_view.ts";
import { PublishOptions, writePublish } from "./publish_writer.ts";
import {
  decodeUtf8,
  encodeUtf8,
  holdsWildcard,
  validateTopicNameBytes,
} from "./utf8.ts";

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
  const { qos, properties, payload } = packet;
  assertField(PacketType.publish, "QoS", qos, 0, 2);
  if (qos === 0 && packet.isDuplicate) {
    throw new RangeError("Cannot encode PUBLISH: DUP is 1 at QoS 0");
  }
  if (qos > 0) {
    assertPacketIdentifier(PacketType.publish, packet.packetIdentifier);
  }
  const topicBytes = encodeUtf8(packet.topicName);
  const hasAlias = protocolVersion === 5 && properties.topicAlias !== undefined;
  assertTopicName(packet.topicName, topicBytes, hasAlias);
  const options = new PublishOptions();
  options.protocolVersion = protocolVersion;
  options.qos = qos;
  options.isDuplicate = packet.isDuplicate;
  options.isRetained = packet.isRetained;
  options.packetIdentifier = packet.packetIdentifier;
  const propertiesBytes = protocolVersion === 5
    ? encodePropertyFields(properties, PacketType.publish)
    : topicBytes.subarray(0, 0);
  const source = {
    topicBytes,
    topicStart: 0,
    topicEnd: topicBytes.length,
    propertiesBytes,
    propertiesStart: 0,
    propertiesEnd: propertiesBytes.length,
    payloadBytes: payload,
    payloadStart: 0,
    payloadEnd: payload.length,
  };
  if (writePublish(out, source, options) === 0) {
    throw new RangeError(
      `Cannot encode PUBLISH: payload of ${payload.length} bytes makes it ` +
        "larger than any packet",
    );
  }
}

function assertTopicName(
  topicName: string,
  topicBytes: Uint8Array,
  hasAlias: boolean,
): void {
  const isEmpty = topicBytes.length === 0 && !hasAlias;
  if (isEmpty || holdsWildcard(topicBytes, 0, topicBytes.length)) {
    throw new RangeError(
      `Cannot encode PUBLISH: Topic Name is "${topicName}", must not be ` +
        "empty or hold a wildcard",
    );
  }
}
