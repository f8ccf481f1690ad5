import { ProtocolError } from "./errors.ts";
import { packetName, PacketType, type Sender } from "./packet_type.ts";
import { hexByte } from "./reason_codes.ts";

const publishAnswer = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const releaseAnswer = [0x00, 0x92];
const connack = [
  0x00,
  ...between(0x80, 0x8a),
  ...[0x8c, 0x90, 0x95, 0x97],
  ...between(0x99, 0x9d),
  0x9f,
];
const suback = [
  ...[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
];
const unsuback = [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91];
const clientDisconnect = [
  ...[0x00, 0x04],
  ...between(0x80, 0x83),
  0x90,
  ...between(0x93, 0x99),
];
const serverDisconnect = [
  0x00,
  ...between(0x80, 0x83),
  ...[0x87, 0x89, 0x8b],
  ...between(0x8d, 0x90),
  ...between(0x93, 0xa2),
];

const clientTables: Uint8Array[] = [];
const serverTables: Uint8Array[] = [];

allow(PacketType.connack, [], connack);
allow(PacketType.puback, publishAnswer, publishAnswer);
allow(PacketType.pubrec, publishAnswer, publishAnswer);
allow(PacketType.pubrel, releaseAnswer, releaseAnswer);
allow(PacketType.pubcomp, releaseAnswer, releaseAnswer);
allow(PacketType.suback, [], suback);
allow(PacketType.unsuback, [], unsuback);
allow(PacketType.disconnect, clientDisconnect, serverDisconnect);
allow(PacketType.auth, [0x18, 0x19], [0x00, 0x18]);

function allow(
  type: number,
  fromClient: readonly number[],
  fromServer: readonly number[],
): void {
  clientTables[type] = tableOf(fromClient);
  serverTables[type] = tableOf(fromServer);
}

function tableOf(codes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const code of codes) table[code] = 1;
  return table;
}

function between(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/**
 * Whether MQTT 5.0 lets `sender` put `code` into a packet of `type`
 * [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
 * [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1].
 */
export function isReasonCodeAllowed(
  type: number,
  code: number,
  sender: Sender,
): boolean {
  const table = sender === "client" ? clientTables[type] : serverTables[type];
  return table !== undefined && table[code] === 1;
}

/** The table behind `isReasonCodeAllowed`: 1 at each allowed code. */
export function reasonCodeTable(type: number, sender: Sender): Uint8Array {
  return sender === "client" ? clientTables[type] : serverTables[type];
}

/** The error for a Reason Code that the packet does not define. */
export function undefinedReasonCode(type: number, code: number): ProtocolError {
  return new ProtocolError(
    `Cannot decode ${packetName(type)}: Reason Code is ${hexByte(code)}, ` +
      "which is not defined for it and its sender",
  );
}

/** @throws {RangeError} Unless `isDefined`: an encoder's caller is at fault. */
export function assertReasonCode(
  type: number,
  code: number,
  isDefined: boolean,
): void {
  if (!isDefined) {
    throw new RangeError(
      `Cannot encode ${packetName(type)}: Reason Code is ${hexByte(code)}, ` +
        "which is not defined for it",
    );
  }
}
