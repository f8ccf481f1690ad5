import type { ProtocolVersion } from "./packet_type.ts";

/** A fault of the peer, with the Reason Code that CONNACK or DISCONNECT names. */
export class MqttError extends Error {
  override name = "MqttError";
  /** The MQTT 5.0 Reason Code, 0x80 or above. */
  readonly reasonCode: number;
  /**
   * The version in which a faulty CONNECT asked to be answered; 0 unless
   * `decodeConnect` raised the error after it had read the version.
   */
  protocolVersion: ProtocolVersion | 0 = 0;

  constructor(message: string, reasonCode: number, options?: ErrorOptions) {
    super(message, options);
    this.reasonCode = reasonCode;
  }
}

/** The bytes cannot be parsed by the standard's format: Reason Code 0x81. */
export class MalformedPacketError extends MqttError {
  override name = "MalformedPacketError";

  constructor(message: string, reasonCode = 0x81, options?: ErrorOptions) {
    super(message, reasonCode, options);
  }
}

/** The packet parses but breaks a rule: Reason Code 0x82 or a closer one. */
export class ProtocolError extends MqttError {
  override name = "ProtocolError";

  constructor(message: string, reasonCode = 0x82, options?: ErrorOptions) {
    super(message, reasonCode, options);
  }
}

/**
 * CONNECT names a protocol or a version that this codec does not speak:
 * Reason Code 0x84 [MQTT-3.1.2-1] [MQTT-3.1.2-2].
 */
export class UnsupportedProtocolError extends ProtocolError {
  override name = "UnsupportedProtocolError";
  /** Whether the Protocol Name was "MQTT" or "MQIsdp", so that an answer fits. */
  readonly isKnownName: boolean;

  constructor(message: string, isKnownName: boolean) {
    super(message, 0x84);
    this.isKnownName = isKnownName;
  }
}
