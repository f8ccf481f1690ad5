import { ByteWriter, type PublishSource } from "../codec/mod.ts";

/**
 * What one waiting message can pin at most: a queue of 1,000 small ones then
 * costs less than its default bound of 16 MiB in the worst case.
 */
const SLAB_SIZE_BYTES = 16_384;
/** Above this size a message gets an array of its own: it would waste slabs. */
const LARGEST_SHARED_BYTES = SLAB_SIZE_BYTES / 4;

/** The value of {@linkcode Message.expiresAtMs} for "never". */
export const NEVER = Infinity;

/**
 * An Application Message that outlives the read buffer it came in: queued,
 * in flight or retained. It owns its bytes, is immutable once made, and one
 * Message serves every receiver.
 */
export class Message implements PublishSource {
  topicBytes: Uint8Array;
  topicStart: number;
  topicEnd: number;
  /** Properties to forward; Message Expiry Interval and Topic Alias are not among them. */
  propertiesBytes: Uint8Array;
  propertiesStart: number;
  propertiesEnd: number;
  payloadBytes: Uint8Array;
  payloadStart: number;
  payloadEnd: number;
  readonly topicName: string;
  /** QoS of the publisher. */
  readonly qos: number;
  /** RETAIN as the publisher set it. */
  readonly isRetained: boolean;
  /** Milliseconds of the broker's clock, or {@linkcode NEVER} [MQTT-3.3.2-5]. */
  readonly expiresAtMs: number;
  /** What the bounds of queues and of the retained store count. */
  readonly sizeBytes: number;
  /** Recorded deliveries of it that are not settled. */
  openDeliveries: number;
  /** When it came in, if it is one whose latency is measured; else 0. */
  stampMs: number;
  /** What waits until the message is stored, or until `openDeliveries` is 0. */
  acknowledgement: Waiting | null;
  /** Where a store has put it; the store's own. */
  record: object | null;

  constructor(
    bytes: Uint8Array,
    start: number,
    lengths: PublishSource,
    head: MessageHead,
  ) {
    const topicEnd = start + (lengths.topicEnd - lengths.topicStart);
    const propertiesEnd = topicEnd +
      (lengths.propertiesEnd - lengths.propertiesStart);
    const payloadEnd = propertiesEnd +
      (lengths.payloadEnd - lengths.payloadStart);
    this.topicBytes = bytes;
    this.topicStart = start;
    this.topicEnd = topicEnd;
    this.propertiesBytes = bytes;
    this.propertiesStart = topicEnd;
    this.propertiesEnd = propertiesEnd;
    this.payloadBytes = bytes;
    this.payloadStart = propertiesEnd;
    this.payloadEnd = payloadEnd;
    this.topicName = head.topicName;
    this.qos = head.qos;
    this.isRetained = head.isRetained;
    this.expiresAtMs = head.expiresAtMs;
    this.sizeBytes = payloadEnd - start;
    this.openDeliveries = 0;
    this.stampMs = 0;
    this.acknowledgement = null;
    this.record = null;
  }

  /**
   * Moves the bytes into an array of exactly their size. A message that may
   * wait for long calls this, so that it does not keep a whole slab alive.
   */
  detach(): void {
    const size = this.sizeBytes;
    if (this.payloadBytes.length === size) return;
    const start = this.topicStart;
    const own = this.payloadBytes.slice(start, start + size);
    this.topicBytes = this.propertiesBytes = this.payloadBytes = own;
    this.topicStart = 0;
    this.topicEnd -= start;
    this.propertiesStart -= start;
    this.propertiesEnd -= start;
    this.payloadStart -= start;
    this.payloadEnd -= start;
  }

  /** Whole seconds left, or -1 when the message has no expiry [MQTT-3.3.2-6]. */
  remainingExpirySeconds(nowMs: number): number {
    if (this.expiresAtMs === NEVER) return -1;
    return Math.max(0, Math.ceil((this.expiresAtMs - nowMs) / 1000));
  }
}

/** Something that goes on once what it waits for is safe. */
export interface Waiting {
  /** It is safe; a second call does nothing. */
  proceed(): void;
}

/** What a {@linkcode Message} knows beside its bytes. */
export interface MessageHead {
  readonly topicName: string;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly expiresAtMs: number;
}

/**
 * Copies messages out of read buffers, many to one array: allocating an array
 * for each message costs more than copying its bytes.
 */
export class MessageSlab {
  #slab = newSlab();
  #used = 0;

  /** Copies the bytes of `source` once and returns the message that owns the copy. */
  copy(source: PublishSource, head: MessageHead): Message {
    const sizeBytes = source.topicEnd - source.topicStart +
      source.propertiesEnd - source.propertiesStart +
      source.payloadEnd - source.payloadStart;
    if (sizeBytes > LARGEST_SHARED_BYTES) {
      const own = new ByteWriter(new Uint8Array(sizeBytes));
      return copyInto(own, 0, source, head);
    }
    if (this.#used + sizeBytes > SLAB_SIZE_BYTES) {
      this.#slab = newSlab();
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += sizeBytes;
    return copyInto(this.#slab, start, source, head);
  }
}

function newSlab(): ByteWriter {
  return new ByteWriter(new Uint8Array(SLAB_SIZE_BYTES));
}

/** Copies `source` to `start` of the array of `target`, which has room for it. */
function copyInto(
  target: ByteWriter,
  start: number,
  source: PublishSource,
  head: MessageHead,
): Message {
  const message = new Message(target.bytes, start, source, head);
  const { propertiesStart, payloadStart } = message;
  target.putBytes(
    start,
    source.topicBytes,
    source.topicStart,
    source.topicEnd,
  );
  if (payloadStart > propertiesStart) {
    target.putBytes(
      propertiesStart,
      source.propertiesBytes,
      source.propertiesStart,
      source.propertiesEnd,
    );
  }
  target.putBytes(
    payloadStart,
    source.payloadBytes,
    source.payloadStart,
    source.payloadEnd,
  );
  return message;
}
