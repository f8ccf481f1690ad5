import {
  concat,
  frame,
  lengthPrefixed,
  raw,
  type Text,
  uint16,
  uint8,
} from "./_bytes.ts";
import { properties, type Property } from "./_properties.ts";

/** 5 is MQTT 5.0, 4 is 3.1.1. */
export type Version = 4 | 5;

/** The Will of a CONNECT. */
export interface WillFields {
  readonly topic: Text;
  readonly payload?: Text;
  readonly qos?: number;
  readonly isRetained?: boolean;
  readonly properties?: readonly Property[];
}

/** A CONNECT; whatever is left out is as plain as the standard allows. */
export interface ConnectFields {
  readonly version?: Version;
  readonly cleanStart?: boolean;
  readonly keepAliveSeconds?: number;
  readonly properties?: readonly Property[];
  readonly clientIdentifier?: Text;
  readonly will?: WillFields;
  readonly userName?: Text;
  readonly password?: Text;
  /** Connect Flags to send instead of those that fit the fields. */
  readonly flags?: number;
}

export function connect(fields: ConnectFields): Uint8Array {
  const { version = 5, will } = fields;
  const body = [
    lengthPrefixed("MQTT"),
    uint8(version),
    uint8(fields.flags ?? connectFlags(fields)),
    uint16(fields.keepAliveSeconds ?? 0),
    section(version, fields.properties),
    lengthPrefixed(fields.clientIdentifier ?? ""),
  ];
  if (will !== undefined) {
    body.push(
      section(version, will.properties),
      lengthPrefixed(will.topic),
      lengthPrefixed(will.payload ?? ""),
    );
  }
  for (const field of [fields.userName, fields.password]) {
    if (field !== undefined) body.push(lengthPrefixed(field));
  }
  return frame(0x10, ...body);
}

function connectFlags(fields: ConnectFields): number {
  const { cleanStart = true, will } = fields;
  let flags = cleanStart ? 0x02 : 0;
  if (will !== undefined) {
    flags |= 0x04 | ((will.qos ?? 0) << 3) | (will.isRetained ? 0x20 : 0);
  }
  if (fields.userName !== undefined) flags |= 0x80;
  if (fields.password !== undefined) flags |= 0x40;
  return flags;
}

export interface PublishFields {
  readonly version?: Version;
  readonly topic: Text;
  readonly payload?: Text;
  readonly qos?: number;
  readonly isDuplicate?: boolean;
  readonly isRetained?: boolean;
  /** Not sent at QoS 0. */
  readonly packetIdentifier?: number;
  readonly properties?: readonly Property[];
}

export function publish(fields: PublishFields): Uint8Array {
  const { version = 5, qos = 0, packetIdentifier = 1 } = fields;
  return frame(
    0x30 | (fields.isDuplicate ? 8 : 0) | (qos << 1) |
      (fields.isRetained ? 1 : 0),
    lengthPrefixed(fields.topic),
    qos > 0 ? uint16(packetIdentifier) : uint8s(),
    section(version, fields.properties),
    raw(fields.payload ?? ""),
  );
}

/** First byte of the four packets that answer a PUBLISH, and of AUTH. */
export const FirstByte = {
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
  disconnect: 0xe0,
  auth: 0xf0,
} as const;

/** PUBACK, PUBREC, PUBREL or PUBCOMP, in its short form without a code. */
export function acknowledge(
  name: "puback" | "pubrec" | "pubrel" | "pubcomp",
  packetIdentifier: number,
  ...rest: Uint8Array[]
): Uint8Array {
  return frame(FirstByte[name], uint16(packetIdentifier), ...rest);
}

/** A Topic Filter and its options byte. */
export type Subscription = readonly [filter: Text, options: number];

/** What follows the filters of a SUBSCRIBE or UNSUBSCRIBE. */
export interface RequestFields {
  readonly version?: Version;
  readonly packetIdentifier?: number;
  readonly properties?: readonly Property[];
}

export function subscribe(
  subscriptions: readonly Subscription[],
  fields: RequestFields = {},
): Uint8Array {
  return request(
    0x82,
    fields,
    subscriptions.map(([filter, options]) =>
      concat([lengthPrefixed(filter), uint8(options)])
    ),
  );
}

export function unsubscribe(
  filters: readonly Text[],
  fields: RequestFields = {},
): Uint8Array {
  return request(0xa2, fields, filters.map(lengthPrefixed));
}

function request(
  firstByte: number,
  fields: RequestFields,
  payload: readonly Uint8Array[],
): Uint8Array {
  const { version = 5, packetIdentifier = 1 } = fields;
  return frame(
    firstByte,
    uint16(packetIdentifier),
    section(version, fields.properties),
    ...payload,
  );
}

export const pingreq = frame(0xc0);

/** DISCONNECT; without a code in its shortest form. */
export function disconnect(
  reasonCode?: number,
  ...list: Property[]
): Uint8Array {
  return reasonCode === undefined
    ? frame(FirstByte.disconnect)
    : frame(FirstByte.disconnect, uint8(reasonCode), properties(...list));
}

export function auth(reasonCode: number, ...list: Property[]): Uint8Array {
  return frame(FirstByte.auth, uint8(reasonCode), properties(...list));
}

function section(
  version: Version,
  list: readonly Property[] = [],
): Uint8Array {
  return version === 5 ? properties(...list) : uint8s();
}

function uint8s(): Uint8Array {
  return new Uint8Array(0);
}
