import { MqttError, ReasonCode } from "../codec/mod.ts";

/** The client is closed: nothing can be asked of it any more. */
export function closedError(): MqttError {
  return new MqttError("Cannot go on: the client is closed", 0);
}

/**
 * `cause` as it is if it is an MqttError; else an error that says what could
 * not be done, with 0x88: the network or the platform is in the way.
 */
export function toMqttError(action: string, cause: unknown): MqttError {
  if (cause instanceof MqttError) return cause;
  return new MqttError(
    `Cannot ${action}: ${cause instanceof Error ? cause.message : cause}`,
    ReasonCode.serverUnavailable,
    { cause },
  );
}
