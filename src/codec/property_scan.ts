import { MalformedPacketError, MqttError, ProtocolError } from "./errors.ts";
import {
  propertyByIdentifier,
  type PropertyDefinition,
  type PropertyRules,
  WireType,
} from "./property_table.ts";
import { hexByte } from "./reason_codes.ts";
import { findInvalidUtf8, holdsWildcard } from "./utf8.ts";
import {
  readVariableByteInteger,
  variableByteIntegerSize,
} from "./variable_byte_integer.ts";

/**
 * Checks every property in `[start, end)` against `rules`: known, allowed
 * here, not repeated, of the right form and in range. Builds nothing.
 * @throws {MqttError} With 0x81, 0x82 or 0x94 for the first fault.
 */
export function validateProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
  rules: PropertyRules,
): void {
  let seen = 0;
  let position = start;
  while (position < end) {
    seen = noteProperty(seen, bytes[position], rules);
    position = endOfProperty(bytes, position, end, rules);
  }
}

/**
 * Adds one property to the set `seen`.
 * @throws {ProtocolError} If it is in the set already and may not repeat.
 */
export function noteProperty(
  seen: number,
  identifier: number,
  rules: PropertyRules,
): number {
  const bit = rules.onceBits[identifier];
  if ((seen & bit) !== 0) throw repeated(identifier, rules);
  return seen | bit;
}

/**
 * Checks the property at `position` by itself and returns where it ends.
 * @throws {MqttError} As `validateProperties` does.
 */
export function endOfProperty(
  bytes: Uint8Array,
  position: number,
  end: number,
  rules: PropertyRules,
): number {
  const identifier = bytes[position];
  const start = position + 1;
  let next: number;
  switch (rules.wireTypes[identifier]) {
    case WireType.byte:
      next = start + 1;
      break;
    case WireType.twoByteInteger:
      next = start + 2;
      break;
    case WireType.fourByteInteger:
      next = start + 4;
      break;
    case WireType.variableByteInteger:
      next = start +
        variableByteIntegerSize(readVariableByteInteger(bytes, start, end));
      break;
    case WireType.utf8String:
      return endOfString(bytes, start, end, identifier, rules);
    case WireType.topicName:
      next = endOfString(bytes, start, end, identifier, rules);
      if (next === start + 2 || holdsWildcard(bytes, start + 2, next)) {
        throw notTopicName(identifier, rules);
      }
      return next;
    case WireType.binaryData:
      return endOfBinary(bytes, start, end, identifier, rules);
    case WireType.utf8StringPair:
      next = endOfString(bytes, start, end, identifier, rules);
      return endOfString(bytes, next, end, identifier, rules);
    default:
      throw notAllowed(identifier, rules);
  }
  if (next > end) throw cutShort(identifier, rules);
  checkRange(bytes, start, next, rules);
  return next;
}

/** Holds the number in `[start, end)` against the range of its property. */
function checkRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  rules: PropertyRules,
): void {
  const definition = propertyByIdentifier(bytes[start - 1])!;
  const value = readNumber(bytes, start, end, definition.wireType);
  if (value < definition.minimum || value > definition.maximum) {
    throw outOfRange(definition, value, rules);
  }
}

/** The number in `[start, end)`, whose form is checked already. */
export function readNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  wireType: WireType,
): number {
  switch (wireType) {
    case WireType.byte:
      return bytes[start];
    case WireType.twoByteInteger:
      return readUint16(bytes, start);
    case WireType.fourByteInteger:
      return readUint32(bytes, start);
    default:
      return readVariableByteInteger(bytes, start, end);
  }
}

/** The Two Byte Integer at `position`, which must be in bounds. */
export function readUint16(bytes: Uint8Array, position: number): number {
  return (bytes[position] << 8) | bytes[position + 1];
}

/** The Four Byte Integer at `position`, which must be in bounds. */
export function readUint32(bytes: Uint8Array, position: number): number {
  return ((bytes[position] << 24) | (bytes[position + 1] << 16) |
    (bytes[position + 2] << 8) | bytes[position + 3]) >>> 0;
}

function endOfBinary(
  bytes: Uint8Array,
  start: number,
  end: number,
  identifier: number,
  rules: PropertyRules,
): number {
  const valueStart = start + 2;
  if (valueStart > end) throw cutShort(identifier, rules);
  const next = valueStart + readUint16(bytes, start);
  if (next > end) throw cutShort(identifier, rules);
  return next;
}

function endOfString(
  bytes: Uint8Array,
  start: number,
  end: number,
  identifier: number,
  rules: PropertyRules,
): number {
  const next = endOfBinary(bytes, start, end, identifier, rules);
  if (findInvalidUtf8(bytes, start + 2, next) >= 0) {
    throw new MalformedPacketError(
      `Cannot decode ${rules.placeName}: ${title(identifier)} is ill-formed ` +
        "UTF-8 or holds U+0000",
    );
  }
  return next;
}

function title(identifier: number): string {
  return propertyByIdentifier(identifier)?.title ?? hexByte(identifier);
}

function cutShort(identifier: number, rules: PropertyRules): MqttError {
  return new MalformedPacketError(
    `Cannot decode ${rules.placeName}: ${title(identifier)} reaches past the ` +
      "end of the properties",
  );
}

function notTopicName(identifier: number, rules: PropertyRules): MqttError {
  return new ProtocolError(
    `Cannot decode ${rules.placeName}: ${title(identifier)} is empty or ` +
      "holds a wildcard",
  );
}

function repeated(identifier: number, rules: PropertyRules): MqttError {
  return new ProtocolError(
    `Cannot decode ${rules.placeName}: ${title(identifier)} stands twice`,
  );
}

function outOfRange(
  definition: PropertyDefinition,
  value: number,
  rules: PropertyRules,
): MqttError {
  return new ProtocolError(
    `Cannot decode ${rules.placeName}: ${definition.title} is ${value}, must ` +
      `be ${definition.minimum} to ${definition.maximum}`,
    definition.outOfRangeReasonCode,
  );
}

/** Unknown or misplaced is malformed; from the wrong party, a Protocol Error. */
function notAllowed(identifier: number, rules: PropertyRules): MqttError {
  const definition = propertyByIdentifier(identifier);
  if (definition === undefined) {
    return new MalformedPacketError(
      `Cannot decode ${rules.placeName}: Property Identifier is ` +
        `${hexByte(identifier)}, which the standard does not define`,
    );
  }
  if ((definition.places & (1 << rules.place)) === 0) {
    return new MalformedPacketError(
      `Cannot decode ${rules.placeName}: it cannot hold ${definition.title}`,
    );
  }
  return new ProtocolError(
    `Cannot decode ${rules.placeName}: ${definition.title} must not come ` +
      `from a ${rules.sender}`,
  );
}
