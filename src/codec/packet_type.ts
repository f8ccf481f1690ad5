/** The Protocol Version byte of CONNECT: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5;

/** Quality of Service of an Application Message. */
export type QoS = 0 | 1 | 2;

/** The party that sent the bytes: property and Reason Code tables differ. */
export type Sender = "client" | "server";

/** Control Packet types, the upper four bits of the first byte. */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

/** Any value of {@linkcode PacketType}. */
export type PacketType = typeof PacketType[keyof typeof PacketType];

/** The types that answer a PUBLISH: PUBACK, PUBREC, PUBREL and PUBCOMP. */
export type AcknowledgementType = 4 | 5 | 6 | 7;

const packetNames = [
  "Will Properties",
  "CONNECT",
  "CONNACK",
  "PUBLISH",
  "PUBACK",
  "PUBREC",
  "PUBREL",
  "PUBCOMP",
  "SUBSCRIBE",
  "SUBACK",
  "UNSUBSCRIBE",
  "UNSUBACK",
  "PINGREQ",
  "PINGRESP",
  "DISCONNECT",
  "AUTH",
];

/**
 * The standard's name of a Control Packet type, for messages and logs; type 0,
 * which no packet has, stands for the Will Properties inside CONNECT.
 */
export function packetName(type: number): string {
  return packetNames[type] ?? `packet type ${type}`;
}
