/**
 * MQTT Control Packets, bytes to objects and back, for MQTT 3.1, 3.1.1 and
 * 5.0. Depends on nothing but `Uint8Array`, `TextEncoder` and `TextDecoder`.
 * @module
 */
export { decodeAcknowledgement } from "./acknowledgement.ts";
export * from "./acknowledgement_view.ts";
export { decodeAuth } from "./auth.ts";
export { type BufferAllocator, ByteWriter } from "./byte_writer.ts";
export { decodeConnack } from "./connack.ts";
export { decodeConnect } from "./connect.ts";
export { decodePacket } from "./decode.ts";
export { decodeDisconnect } from "./disconnect.ts";
export { encodePacket, type PacketLimits, writePacket } from "./encode.ts";
export * from "./errors.ts";
export * from "./frame_scanner.ts";
export * from "./packet_type.ts";
export * from "./packets.ts";
export { decodePingreq, decodePingresp } from "./ping.ts";
export {
  decodeForwardedProperties,
  encodeForwardedProperties,
} from "./properties.ts";
export { decodePublish } from "./publish.ts";
export * from "./publish_view.ts";
export * from "./publish_writer.ts";
export { isReasonCodeAllowed } from "./reason_code_table.ts";
export { ConnectReturnCode, ReasonCode, reasonName } from "./reason_codes.ts";
export { decodeSuback } from "./suback.ts";
export { decodeSubscribe } from "./subscribe.ts";
export { decodeUnsuback } from "./unsuback.ts";
export { decodeUnsubscribe } from "./unsubscribe.ts";
export {
  decodeUtf8,
  encodeUtf8,
  findInvalidUtf8,
  validateTopicNameBytes,
} from "./utf8.ts";
export {
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  variableByteIntegerSize,
} from "./variable_byte_integer.ts";
