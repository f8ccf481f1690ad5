import { packetName } from "./packet_type.ts";

/** @throws {RangeError} If it is not 1 to 65,535 [MQTT-2.2.1-3]. */
export function assertPacketIdentifier(type: number, value: number): void {
  assertField(type, "Packet Identifier", value, 1, 0xffff);
}

/**
 * Holds what an encoder was given against its bounds.
 * @throws {RangeError} If it is not an integer from `minimum` to `maximum`.
 */
export function assertField(
  type: number,
  field: string,
  value: number,
  minimum: number,
  maximum: number,
): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(
      `Cannot encode ${packetName(type)}: ${field} is ${value}, must be ` +
        `${minimum} to ${maximum}`,
    );
  }
}
