import { MalformedPacketError, ProtocolError } from "./errors.ts";
import type { FrameScanner } from "./frame_scanner.ts";
import { PacketType, type ProtocolVersion } from "./packet_type.ts";
import {
  endOfProperty,
  noteProperty,
  readUint16,
  readUint32,
} from "./property_scan.ts";
import { propertyRules } from "./property_table.ts";
import {
  readVariableByteInteger,
  variableByteIntegerSize,
} from "./variable_byte_integer.ts";

const MESSAGE_EXPIRY_INTERVAL = 0x02;
const SUBSCRIPTION_IDENTIFIER = 0x0b;
const TOPIC_ALIAS = 0x23;

const MESSAGE_EXPIRY_INTERVAL_BYTES = 5;
const TOPIC_ALIAS_BYTES = 3;

const emptyBytes = new Uint8Array(0);
const clientRules = propertyRules(PacketType.publish, "client");
const serverRules = propertyRules(PacketType.publish, "server");

/** Who sent a PUBLISH; a client unless said otherwise. */
export interface ReadPublishOptions {
  /** The sender is a server, which may send Subscription Identifiers. */
  readonly fromServer?: boolean;
}

const fromClient: ReadPublishOptions = {};

/**
 * One PUBLISH as offsets into the bytes it came in: borrowed until the next
 * read of that buffer, and until the next `readPublish` into this view. One
 * instance is reused for every packet of a connection.
 */
export class PublishView {
  /** The whole frame as it came. */
  bytes: Uint8Array = emptyBytes;
  frameStart = 0;
  frameEnd = 0;
  /**
   * 1, until the broker takes further verbatim frames with the same Topic Name
   * into the view by moving `frameEnd`; `payloadEnd` stays that of the first.
   */
  frameCount = 1;
  /** Bytes of the payloads of all of them. */
  payloadSizeBytes = 0;
  qos = 0;
  isDuplicate = false;
  isRetained = false;
  protocolVersion: ProtocolVersion = 5;
  /** 0 at QoS 0. */
  packetIdentifier = 0;
  /** A buffer of its own, so that a Topic Alias can point it elsewhere. */
  topicBytes: Uint8Array = emptyBytes;
  topicStart = 0;
  topicEnd = 0;
  /**
   * The properties that a server forwards: all but Topic Alias and Message
   * Expiry Interval, without the Property Length.
   */
  propertiesBytes: Uint8Array = emptyBytes;
  propertiesStart = 0;
  propertiesEnd = 0;
  payloadBytes: Uint8Array = emptyBytes;
  payloadStart = 0;
  payloadEnd = 0;
  /** 0: none. */
  topicAlias = 0;
  /** -1: none. */
  messageExpiryIntervalSeconds = -1;
  /**
   * Whether the frame may go byte for byte to a receiver of the same
   * `protocolVersion` at QoS 0 without RETAIN.
   */
  isVerbatim = false;
  #scratch: Uint8Array = emptyBytes;

  /** An array of `sizeBytes` or more that lives as long as the view. */
  #scratchOf(sizeBytes: number): Uint8Array {
    if (this.#scratch.length < sizeBytes) {
      this.#scratch = new Uint8Array(Math.max(sizeBytes, 256));
    }
    return this.#scratch;
  }

  /**
   * @internal Sets the forwarded properties to `[start, end)` of `bytes`
   * without the Topic Alias at `aliasStart` and the Message Expiry Interval at
   * `expiryStart` (-1: absent): in place when what is left is contiguous, else
   * packed into an array of the view.
   */
  setForwardedProperties(
    bytes: Uint8Array,
    start: number,
    end: number,
    aliasStart: number,
    expiryStart: number,
  ): void {
    for (let pass = 0; pass < 2; pass++) {
      if (aliasStart >= 0) {
        if (aliasStart === start) {
          start += TOPIC_ALIAS_BYTES;
          aliasStart = -1;
        } else if (aliasStart + TOPIC_ALIAS_BYTES === end) {
          end = aliasStart;
          aliasStart = -1;
        }
      }
      if (expiryStart >= 0) {
        if (expiryStart === start) {
          start += MESSAGE_EXPIRY_INTERVAL_BYTES;
          expiryStart = -1;
        } else if (expiryStart + MESSAGE_EXPIRY_INTERVAL_BYTES === end) {
          end = expiryStart;
          expiryStart = -1;
        }
      }
    }
    if (aliasStart < 0 && expiryStart < 0) {
      this.propertiesBytes = bytes;
      this.propertiesStart = start;
      this.propertiesEnd = end;
      return;
    }
    const packed = this.#scratchOf(end - start);
    let length = 0;
    let position = start;
    while (position < end) {
      if (position === aliasStart) position += TOPIC_ALIAS_BYTES;
      else if (position === expiryStart) {
        position += MESSAGE_EXPIRY_INTERVAL_BYTES;
      } else packed[length++] = bytes[position++];
    }
    this.propertiesBytes = packed;
    this.propertiesStart = 0;
    this.propertiesEnd = length;
  }
}

/**
 * Decodes the PUBLISH that `scanner` stands on into `view`, in one pass and
 * without an allocation. The content of the Topic Name is left to
 * `validateTopicNameBytes`, which a route cache saves for most packets.
 * @throws {MalformedPacketError} If a field reaches past the frame, both QoS
 * bits are set [MQTT-3.3.1-4], DUP is set at QoS 0 [MQTT-3.3.1-2], or a
 * property is unknown, misplaced or ill-formed.
 * @throws {ProtocolError} If the Packet Identifier is 0 [MQTT-2.2.1-3], or a
 * property repeats, is out of range (Topic Alias 0: 0x94 [MQTT-3.3.2-8]), is a
 * Response Topic with a wildcard [MQTT-3.3.2-14] or a Subscription Identifier
 * from a client [MQTT-3.3.4-6].
 */
export function readPublish(
  view: PublishView,
  bytes: Uint8Array,
  scanner: FrameScanner,
  protocolVersion: ProtocolVersion,
  options: ReadPublishOptions = fromClient,
): void {
  const firstByte = scanner.firstByte;
  const frameEnd = scanner.frameEnd;
  const qos = (firstByte >> 1) & 3;
  if (qos === 3 || (firstByte & 0x0e) === 0x08) throw badFlags(firstByte);
  const topicStart = scanner.bodyStart + 2;
  if (topicStart > frameEnd) throw cutShort("Topic Name");
  const topicEnd = topicStart + readUint16(bytes, topicStart - 2);
  if (topicEnd > frameEnd) throw cutShort("Topic Name");
  let position = topicEnd;
  let packetIdentifier = 0;
  if (qos !== 0) {
    position += 2;
    if (position > frameEnd) throw cutShort("Packet Identifier");
    packetIdentifier = readUint16(bytes, topicEnd);
    if (packetIdentifier === 0) throw zeroPacketIdentifier();
  }
  view.bytes = bytes;
  view.frameStart = scanner.frameStart;
  view.frameEnd = frameEnd;
  view.frameCount = 1;
  view.qos = qos;
  view.isDuplicate = (firstByte & 0x08) !== 0;
  view.isRetained = (firstByte & 0x01) !== 0;
  view.protocolVersion = protocolVersion;
  view.packetIdentifier = packetIdentifier;
  view.topicBytes = bytes;
  view.topicStart = topicStart;
  view.topicEnd = topicEnd;
  view.topicAlias = 0;
  view.messageExpiryIntervalSeconds = -1;
  view.isVerbatim = firstByte === 0x30;
  view.propertiesBytes = bytes;
  view.payloadBytes = bytes;
  view.payloadEnd = frameEnd;
  if (protocolVersion === 5) {
    if (position < frameEnd && bytes[position] === 0) {
      position++;
      view.propertiesStart = position;
      view.propertiesEnd = position;
    } else {
      position = readProperties(view, position, options);
    }
  } else {
    view.propertiesStart = position;
    view.propertiesEnd = position;
  }
  view.payloadStart = position;
  view.payloadSizeBytes = frameEnd - position;
}

/** Reads the properties section at `position`; returns where it ends. */
function readProperties(
  view: PublishView,
  position: number,
  options: ReadPublishOptions,
): number {
  const bytes = view.bytes;
  const rules = options.fromServer === true ? serverRules : clientRules;
  const length = readVariableByteInteger(bytes, position, view.frameEnd);
  const start = position + variableByteIntegerSize(length);
  const end = start + length;
  if (end > view.frameEnd) throw cutShort("Property Length");
  let aliasStart = -1;
  let expiryStart = -1;
  let seen = 0;
  position = start;
  while (position < end) {
    const identifier = bytes[position];
    seen = noteProperty(seen, identifier, rules);
    const next = endOfProperty(bytes, position, end, rules);
    switch (identifier) {
      case TOPIC_ALIAS:
        aliasStart = position;
        view.topicAlias = readUint16(bytes, position + 1);
        view.isVerbatim = false;
        break;
      case MESSAGE_EXPIRY_INTERVAL:
        expiryStart = position;
        view.messageExpiryIntervalSeconds = readUint32(bytes, position + 1);
        view.isVerbatim = false;
        break;
      case SUBSCRIPTION_IDENTIFIER:
        view.isVerbatim = false;
        break;
    }
    position = next;
  }
  if ((aliasStart & expiryStart) === -1) {
    view.propertiesStart = start;
    view.propertiesEnd = end;
  } else {
    view.setForwardedProperties(bytes, start, end, aliasStart, expiryStart);
  }
  return end;
}

function badFlags(firstByte: number): MalformedPacketError {
  const fault = (firstByte & 0x06) === 0x06 ? "QoS is 3" : "DUP is 1 at QoS 0";
  return new MalformedPacketError(`Cannot decode PUBLISH: ${fault}`);
}

function cutShort(field: string): MalformedPacketError {
  return new MalformedPacketError(
    `Cannot decode PUBLISH: ${field} reaches past the end of the packet`,
  );
}

function zeroPacketIdentifier(): ProtocolError {
  return new ProtocolError(
    "Cannot decode PUBLISH: Packet Identifier is 0, must be 1 to 65535",
  );
}
