import type { PublishSource } from "../../src/codec/mod.ts";
import {
  Delivery,
  type Message,
  type MessageHead,
  MessageSlab,
  NEVER,
} from "../../src/session/mod.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A message as it comes in: each part at an offset of its own, with other
 * bytes before and after it.
 */
export function sourceOf(
  topicName: string,
  properties: Uint8Array,
  payload: Uint8Array,
): PublishSource {
  const [topicBytes, propertiesBytes, payloadBytes] = [
    encoder.encode(topicName),
    properties,
    payload,
  ].map((bytes, index) => {
    const surrounded = new Uint8Array(bytes.length + index + 2).fill(0xff);
    surrounded.set(bytes, index + 1);
    return surrounded;
  });
  return {
    topicBytes,
    topicStart: 1,
    topicEnd: topicBytes.length - 1,
    propertiesBytes,
    propertiesStart: 2,
    propertiesEnd: propertiesBytes.length - 1,
    payloadBytes,
    payloadStart: 3,
    payloadEnd: payloadBytes.length - 1,
  };
}

/** What a message head says unless the test says otherwise. */
export function headOf(
  topicName: string,
  head: Partial<MessageHead> = {},
): MessageHead {
  return { topicName, qos: 1, isRetained: false, expiresAtMs: NEVER, ...head };
}

/** The parts of a message, read back by its offsets. */
export function partsOf(message: Message): {
  topicName: string;
  properties: Uint8Array;
  payload: Uint8Array;
} {
  return {
    topicName: decoder.decode(
      message.topicBytes.subarray(message.topicStart, message.topicEnd),
    ),
    properties: message.propertiesBytes.slice(
      message.propertiesStart,
      message.propertiesEnd,
    ),
    payload: message.payloadBytes.slice(
      message.payloadStart,
      message.payloadEnd,
    ),
  };
}

const slab = new MessageSlab();

/** A delivery of a message of `sizeBytes`. */
export function delivery(
  sizeBytes = 1,
  qos = 1,
  expiresAtMs = NEVER,
): Delivery {
  const source = sourceOf(
    "t",
    new Uint8Array(0),
    new Uint8Array(sizeBytes - 1),
  );
  const message = slab.copy(source, headOf("t", { expiresAtMs }));
  return new Delivery(message, qos, false, []);
}
