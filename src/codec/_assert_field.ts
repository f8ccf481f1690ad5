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

/**
 * @throws {RangeError} If it is empty or holds a wildcard [MQTT-4.7.0-1]
 * [MQTT-4.7.3-1].
 */
export function assertTopicName(
  type: number,
  field: string,
  value: string,
): void {
  if (value === "" || /[#+]/.test(value)) {
    throw new RangeError(
      `Cannot encode ${
        packetName(type)
      }: ${field} is "${value}", must not be ` +
        "empty or hold a wildcard",
    );
  }
}
