import { assertField, assertTopicName } from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import { ByteWriter } from "./byte_writer.ts";
import { packetName, PacketType } from "./packet_type.ts";
import type { Properties } from "./packets.ts";
import {
  endOfProperty,
  noteProperty,
  readNumber,
  readUint16,
} from "./property_scan.ts";
import {
  propertyByIdentifier,
  propertyByName,
  type PropertyDefinition,
  type PropertyRules,
  propertyRules,
  WireType,
} from "./property_table.ts";
import { decodeUtf8 } from "./utf8.ts";
import { readVariableByteInteger } from "./variable_byte_integer.ts";

/**
 * Decodes the properties in `[start, end)`, checked against `rules`; what it
 * returns owns its bytes.
 * @throws {MqttError} As `validateProperties` does.
 */
export function readProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
  rules: PropertyRules,
): Properties {
  const properties: Properties = {};
  let seen = 0;
  let position = start;
  while (position < end) {
    const identifier = bytes[position];
    seen = noteProperty(seen, identifier, rules);
    const next = endOfProperty(bytes, position, end, rules);
    const definition = propertyByIdentifier(identifier)!;
    addProperty(properties, definition, bytes, position + 1, next);
    position = next;
  }
  return properties;
}

/** Sets one property whose form is checked already. */
function addProperty(
  properties: Properties,
  definition: PropertyDefinition,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  // The table guarantees that the name's type is that of the wire type.
  const fields = properties as Record<string, unknown>;
  const name = definition.name;
  switch (definition.wireType) {
    case WireType.byte:
    case WireType.twoByteInteger:
    case WireType.fourByteInteger:
      fields[name] = readNumber(bytes, start, end, definition.wireType);
      break;
    case WireType.variableByteInteger:
      (properties.subscriptionIdentifiers ??= []).push(
        readVariableByteInteger(bytes, start, end),
      );
      break;
    case WireType.utf8String:
    case WireType.topicName:
      fields[name] = decodeUtf8(bytes, start + 2, end);
      break;
    case WireType.binaryData:
      fields[name] = bytes.slice(start + 2, end);
      break;
    case WireType.utf8StringPair: {
      const nameEnd = start + 2 + readUint16(bytes, start);
      (properties.userProperties ??= []).push([
        decodeUtf8(bytes, start + 2, nameEnd),
        decodeUtf8(bytes, nameEnd + 2, end),
      ]);
      break;
    }
  }
}

/**
 * Encodes the Property Length and the properties of `place`, a packet type or
 * `WILL_PROPERTIES`.
 * @throws {RangeError} If the place cannot hold one of them, or a value is out
 * of its range.
 */
export function writeProperties(
  out: ByteWriter,
  properties: Properties,
  place: number,
): void {
  const start = openLength(out);
  writePropertyFields(out, properties, place);
  closeLength(out, start);
}

function writePropertyFields(
  out: ByteWriter,
  properties: Properties,
  place: number,
): void {
  const fields = properties as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    const definition = propertyByName(name);
    if (definition === undefined || !(definition.places & (1 << place))) {
      throw new RangeError(
        `Cannot encode ${packetName(place)}: it cannot hold ` +
          (definition?.title ?? `a property "${name}"`),
      );
    }
    if (!Array.isArray(value)) {
      writeProperty(out, definition, value, place);
      continue;
    }
    if (value.length > 1 && !(definition.repeatablePlaces & (1 << place))) {
      throw new RangeError(
        `Cannot encode ${packetName(place)}: ${definition.title} stands ` +
          `${value.length} times, must not repeat`,
      );
    }
    for (const item of value) writeProperty(out, definition, item, place);
  }
}

function writeProperty(
  out: ByteWriter,
  definition: PropertyDefinition,
  value: unknown,
  place: number,
): void {
  out.writeUint8(definition.identifier);
  switch (definition.wireType) {
    case WireType.byte:
      return out.writeUint8(checkedNumber(definition, value, place));
    case WireType.twoByteInteger:
      return out.writeUint16(checkedNumber(definition, value, place));
    case WireType.fourByteInteger:
      return out.writeUint32(checkedNumber(definition, value, place));
    case WireType.variableByteInteger:
      return out.writeVariableByteInteger(
        checkedNumber(definition, value, place),
      );
    case WireType.utf8String:
      return out.writeString(value as string);
    case WireType.topicName:
      assertTopicName(place, definition.title, value as string);
      return out.writeString(value as string);
    case WireType.binaryData:
      return out.writeBinary(value as Uint8Array);
    case WireType.utf8StringPair: {
      const [pairName, pairValue] = value as [string, string];
      out.writeString(pairName);
      return out.writeString(pairValue);
    }
  }
}

function checkedNumber(
  definition: PropertyDefinition,
  value: unknown,
  place: number,
): number {
  const { title, minimum, maximum } = definition;
  assertField(place, title, value as number, minimum, maximum);
  return value as number;
}

/** Whether any property is set, so that the short forms cannot serve. */
export function hasProperties(properties: Properties): boolean {
  for (const value of Object.values(properties)) {
    if (value !== undefined) return true;
  }
  return false;
}

/**
 * The bytes of the properties that a server forwards, as `PublishSource`
 * holds them: without Topic Alias, Message Expiry Interval, Subscription
 * Identifiers and Will Delay Interval. Turns a Will into a message.
 * @throws {RangeError} As `writeProperties` does.
 */
export function encodeForwardedProperties(properties: Properties): Uint8Array {
  const forwarded: Properties = {
    ...properties,
    topicAlias: undefined,
    messageExpiryInterval: undefined,
    subscriptionIdentifiers: undefined,
    willDelayInterval: undefined,
  };
  const out = new ByteWriter();
  writePropertyFields(out, forwarded, PacketType.publish);
  return out.bytes.slice(0, out.length);
}

/**
 * The properties behind the bytes of a `PublishSource`.
 * @throws {MqttError} As `validateProperties` does.
 */
export function decodeForwardedProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
): Properties {
  const rules = propertyRules(PacketType.publish, "server");
  return readProperties(bytes, start, end, rules);
}
