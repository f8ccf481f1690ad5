import type { ByteWriter } from "./byte_writer.ts";
import { MAXIMUM_PACKET_SIZE_BYTES } from "./frame_scanner.ts";
import type { ProtocolVersion } from "./packet_type.ts";
import {
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  putVariableByteInteger,
  variableByteIntegerSize,
} from "./variable_byte_integer.ts";

/** The parts of a message that every receiver gets alike. */
export interface PublishSource {
  readonly topicBytes: Uint8Array;
  readonly topicStart: number;
  readonly topicEnd: number;
  /** Without Topic Alias, Message Expiry Interval and Property Length. */
  readonly propertiesBytes: Uint8Array;
  readonly propertiesStart: number;
  readonly propertiesEnd: number;
  readonly payloadBytes: Uint8Array;
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

const none: readonly number[] = [];

/** What differs from receiver to receiver; one instance is reused. */
export class PublishOptions {
  protocolVersion: ProtocolVersion = 5;
  qos = 0;
  isDuplicate = false;
  isRetained = false;
  /** Not read at QoS 0. */
  packetIdentifier = 0;
  /** -1: none. */
  messageExpiryIntervalSeconds = -1;
  /** 0: none. */
  topicAlias = 0;
  /** Send an empty Topic Name, because the receiver knows `topicAlias`. */
  omitTopicName = false;
  subscriptionIdentifiers: readonly number[] = none;
  maximumPacketSizeBytes = MAXIMUM_PACKET_SIZE_BYTES;
}

/**
 * Encodes one PUBLISH into `out`; returns the byte count, or 0 with nothing
 * written if the packet would exceed `maximumPacketSizeBytes`
 * [MQTT-3.1.2-24]. Versions before 5.0 get no properties.
 * @throws {RangeError} If the Topic Name is over 65,535 bytes.
 */
export function writePublish(
  out: ByteWriter,
  source: PublishSource,
  options: PublishOptions,
): number {
  const topicSize = options.omitTopicName
    ? 0
    : source.topicEnd - source.topicStart;
  if (topicSize > 0xffff) throw topicTooLong(topicSize);
  const payloadSize = source.payloadEnd - source.payloadStart;
  const isVersion5 = options.protocolVersion === 5;
  let propertyLength = 0;
  let remainingLength = 2 + topicSize + payloadSize;
  if (options.qos !== 0) remainingLength += 2;
  if (isVersion5) {
    propertyLength = propertyLengthOf(source, options);
    remainingLength += propertyLength + variableByteIntegerSize(propertyLength);
  }
  const size = 1 + variableByteIntegerSize(remainingLength) + remainingLength;
  if (
    size > options.maximumPacketSizeBytes ||
    remainingLength > MAXIMUM_VARIABLE_BYTE_INTEGER
  ) return 0;

  out.ensureCapacity(size);
  const bytes = out.bytes;
  let position = out.length;
  bytes[position++] = 0x30 | (options.isDuplicate ? 0x08 : 0) |
    (options.qos << 1) | (options.isRetained ? 0x01 : 0);
  position = putVariableByteInteger(bytes, position, remainingLength);
  bytes[position++] = topicSize >>> 8;
  bytes[position++] = topicSize;
  const topicPosition = position;
  position += topicSize;
  if (options.qos !== 0) {
    bytes[position++] = options.packetIdentifier >>> 8;
    bytes[position++] = options.packetIdentifier;
  }
  if (isVersion5) {
    position = putVariableByteInteger(bytes, position, propertyLength);
    if (propertyLength !== 0) {
      position = putProperties(out, position, source, options);
    }
  }
  // The copies come last: each call makes the engine check `bytes` anew.
  if (topicSize !== 0) {
    const { topicBytes, topicStart, topicEnd } = source;
    out.putBytes(topicPosition, topicBytes, topicStart, topicEnd);
  }
  const { payloadBytes, payloadStart, payloadEnd } = source;
  out.putBytes(position, payloadBytes, payloadStart, payloadEnd);
  out.length += size;
  return size;
}

function propertyLengthOf(
  source: PublishSource,
  options: PublishOptions,
): number {
  let length = source.propertiesEnd - source.propertiesStart;
  if (options.messageExpiryIntervalSeconds >= 0) length += 5;
  if (options.topicAlias !== 0) length += 3;
  const identifiers = options.subscriptionIdentifiers;
  for (let index = 0; index < identifiers.length; index++) {
    length += 1 + variableByteIntegerSize(identifiers[index]);
  }
  return length;
}

function putProperties(
  out: ByteWriter,
  position: number,
  source: PublishSource,
  options: PublishOptions,
): number {
  const bytes = out.bytes;
  const expiryInterval = options.messageExpiryIntervalSeconds;
  if (expiryInterval >= 0) {
    bytes[position++] = 0x02;
    bytes[position++] = expiryInterval >>> 24;
    bytes[position++] = expiryInterval >>> 16;
    bytes[position++] = expiryInterval >>> 8;
    bytes[position++] = expiryInterval;
  }
  if (options.topicAlias !== 0) {
    bytes[position++] = 0x23;
    bytes[position++] = options.topicAlias >>> 8;
    bytes[position++] = options.topicAlias;
  }
  const { propertiesBytes, propertiesStart, propertiesEnd } = source;
  out.putBytes(position, propertiesBytes, propertiesStart, propertiesEnd);
  position += propertiesEnd - propertiesStart;
  const identifiers = options.subscriptionIdentifiers;
  for (let index = 0; index < identifiers.length; index++) {
    bytes[position++] = 0x0b;
    position = putVariableByteInteger(bytes, position, identifiers[index]);
  }
  return position;
}

function topicTooLong(sizeBytes: number): RangeError {
  return new RangeError(
    `Cannot encode PUBLISH: Topic Name has ${sizeBytes} bytes, the maximum ` +
      "is 65535",
  );
}
