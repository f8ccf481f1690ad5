/**
 * The few Control Packets that a load generator sends, as bytes. It shares no
 * code with the broker on purpose: a mistake in the broker's codec cannot hide
 * behind the same mistake here, and any broker can be measured.
 */

/** The MQTT versions the generator speaks, as CONNECT's Protocol Level. */
export type ProtocolVersion = 4 | 5;

/** Control Packet types, as the high four bits of a frame's first byte. */
export const PacketType = {
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBSCRIBE: 8,
  SUBACK: 9,
  DISCONNECT: 14,
} as const;

/** DISCONNECT without a body: a normal end in both versions. */
export const disconnectFrame: Uint8Array<ArrayBuffer> = Uint8Array.of(0xe0, 0);

const receiveMaximumDefault = 65_535;
const receiveMaximumProperty = 0x21;

/** Session Expiry Interval of an hour, with the length of all properties. */
const lastingProperties = [5, 0x11, 0, 0, 0x0e, 0x10];

/** Who connects. */
export interface Login {
  userName: string;
  password: string | undefined;
}

/** What CONNECT says beside its defaults. */
export interface ConnectFields {
  /** The session is taken up, and stays when the client goes. */
  isLasting?: boolean;
  login?: Login;
}

/**
 * CONNECT with Clean Start (Clean Session), Keep Alive 600 s and, in 5.0,
 * nothing but the default properties: no Session Expiry, Receive Maximum 65,535.
 */
export function encodeConnect(
  version: ProtocolVersion,
  clientIdentifier: string,
  { isLasting = false, login }: ConnectFields = {},
): Uint8Array<ArrayBuffer> {
  const keepAliveSeconds = 600;
  let flags = isLasting ? 0x00 : 0x02;
  if (login !== undefined) flags |= 0x80;
  if (login?.password !== undefined) flags |= 0x40;
  const body = [0, 4, ...ascii("MQTT"), version, flags];
  body.push(keepAliveSeconds >> 8, keepAliveSeconds & 0xff);
  if (version === 5) body.push(...(isLasting ? lastingProperties : [0]));
  body.push(...encodeString(clientIdentifier));
  if (login !== undefined) body.push(...encodeString(login.userName));
  if (login?.password !== undefined) body.push(...encodeString(login.password));
  return frame(PacketType.CONNECT << 4, body);
}

/** What a SUBSCRIBE asks for. */
export interface SubscriptionRequest {
  topicFilter: string;
  qos: number;
}

/** SUBSCRIBE with Packet Identifier 1. */
export function encodeSubscribe(
  version: ProtocolVersion,
  subscriptions: readonly SubscriptionRequest[],
): Uint8Array<ArrayBuffer> {
  const body = [0, 1];
  if (version === 5) body.push(0);
  for (const { topicFilter, qos } of subscriptions) {
    body.push(...encodeString(topicFilter), qos);
  }
  return frame((PacketType.SUBSCRIBE << 4) | 2, body);
}

/** One PUBLISH frame and where its changing parts are. */
export interface PublishTemplate {
  /** The frame, with Packet Identifier 0 if it has one. */
  frame: Uint8Array<ArrayBuffer>;
  /** Where the Packet Identifier is, or -1 at QoS 0. */
  packetIdentifierOffset: number;
  /** Where the payload starts. */
  payloadOffset: number;
}

/** Builds the PUBLISH that all messages of one publisher are copies of. */
export function encodePublish(
  version: ProtocolVersion,
  message: { topicName: string; qos: number; payloadBytes: number },
): PublishTemplate {
  const head = encodeString(message.topicName);
  const packetIdentifierAt = head.length;
  if (message.qos > 0) head.push(0, 0);
  if (version === 5) head.push(0);
  const remainingLength = head.length + message.payloadBytes;
  const fixedHeader = [
    (PacketType.PUBLISH << 4) | (message.qos << 1),
    ...encodeVariableByteInteger(remainingLength),
  ];
  const payloadOffset = fixedHeader.length + head.length;
  const bytes = new Uint8Array(payloadOffset + message.payloadBytes);
  bytes.set(fixedHeader);
  bytes.set(head, fixedHeader.length);
  bytes.fill(0x78, payloadOffset);
  const packetIdentifierOffset = message.qos > 0
    ? fixedHeader.length + packetIdentifierAt
    : -1;
  return { frame: bytes, packetIdentifierOffset, payloadOffset };
}

/**
 * `count` copies of a PUBLISH behind each other, ready for one write; above
 * QoS 0 with the Packet Identifiers 1 to `count`.
 */
export function repeatPublish(
  template: PublishTemplate,
  count: number,
): Uint8Array<ArrayBuffer> {
  const sizeBytes = template.frame.length;
  const bytes = new Uint8Array(sizeBytes * count);
  for (let index = 0; index < count; index++) {
    const offset = index * sizeBytes;
    bytes.set(template.frame, offset);
    if (template.packetIdentifierOffset < 0) continue;
    const at = offset + template.packetIdentifierOffset;
    bytes[at] = (index + 1) >> 8;
    bytes[at + 1] = (index + 1) & 0xff;
  }
  return bytes;
}

/**
 * Reads the body of a CONNACK; returns the server's Receive Maximum.
 * @throws {Error} If the server refused the connection.
 */
export function decodeConnack(
  body: Uint8Array,
  version: ProtocolVersion,
): number {
  if (body[1] !== 0) {
    throw new Error(
      `Cannot connect: the server refused with reason code ${body[1]}`,
    );
  }
  return version === 5 ? findReceiveMaximum(body) : receiveMaximumDefault;
}

/** @throws {Error} If the server refused one of `count` subscriptions. */
export function checkSuback(body: Uint8Array, count: number): void {
  for (const reasonCode of body.subarray(body.length - count)) {
    if (reasonCode < 0x80) continue;
    throw new Error(
      `Cannot subscribe: the server refused with reason code ${reasonCode}`,
    );
  }
}

/** A Variable Byte Integer as its 1 to 4 bytes. */
export function encodeVariableByteInteger(value: number): number[] {
  const bytes = [];
  do {
    bytes.push(value > 127 ? (value & 0x7f) | 0x80 : value);
    value >>= 7;
  } while (value > 0);
  return bytes;
}

/** Sizes of the values of CONNACK's properties; negative: length-prefixed. */
const connackPropertySizes: Record<number, number> = {
  0x11: 4, // Session Expiry Interval
  0x12: -1, // Assigned Client Identifier
  0x13: 2, // Server Keep Alive
  0x15: -1, // Authentication Method
  0x16: -1, // Authentication Data
  0x1a: -1, // Response Information
  0x1c: -1, // Server Reference
  0x1f: -1, // Reason String
  0x21: 2, // Receive Maximum
  0x22: 2, // Topic Alias Maximum
  0x24: 1, // Maximum QoS
  0x25: 1, // Retain Available
  0x26: -2, // User Property
  0x27: 4, // Maximum Packet Size
  0x28: 1, // Wildcard Subscription Available
  0x29: 1, // Subscription Identifier Available
  0x2a: 1, // Shared Subscription Available
};

function findReceiveMaximum(body: Uint8Array): number {
  // The property length of a CONNACK below 16 KiB takes one or two bytes.
  let offset = body[2] > 127 ? 4 : 3;
  while (offset < body.length) {
    const property = body[offset];
    const size = connackPropertySizes[property];
    if (size === undefined) {
      throw new Error(`Cannot decode CONNACK: unknown property ${property}`);
    }
    offset++;
    if (property === receiveMaximumProperty) {
      return (body[offset] << 8) | body[offset + 1];
    }
    if (size > 0) offset += size;
    for (let field = 0; field > size; field--) {
      offset += 2 + ((body[offset] << 8) | body[offset + 1]);
    }
  }
  return receiveMaximumDefault;
}

function frame(firstByte: number, body: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    firstByte,
    ...encodeVariableByteInteger(body.length),
    ...body,
  ]);
}

function encodeString(text: string): number[] {
  return [text.length >> 8, text.length & 0xff, ...ascii(text)];
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
