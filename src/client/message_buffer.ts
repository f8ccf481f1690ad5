import { Fifo } from "./_fifo.ts";
import type { ReceivedMessage } from "./message.ts";
import type { MessagesOptions } from "./options.ts";

const MAXIMUM_MESSAGES = 1_000;
const MAXIMUM_BYTES = 16 * 1_048_576;

/**
 * Messages that wait for a consumer. What comes at QoS 0 to a full buffer is
 * dropped; QoS 1 and 2 always find room, because the Receive Maximum bounds
 * them.
 */
export class MessageBuffer {
  readonly #messages = new Fifo<ReceivedMessage>();
  readonly #maximumMessages: number;
  readonly #maximumBytes: number;
  #sizeBytes = 0;
  #isFull = false;

  constructor({ maximumMessages, maximumBytes }: MessagesOptions = {}) {
    this.#maximumMessages = maximumMessages ?? MAXIMUM_MESSAGES;
    this.#maximumBytes = maximumBytes ?? MAXIMUM_BYTES;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** From reaching a bound until half of it is free again. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether there was room for `message`. */
  push(message: ReceivedMessage): boolean {
    if (message.qos === 0 && this.#isAtBound()) return false;
    this.#messages.push(message);
    this.#sizeBytes += message.payload.length;
    this.#isFull ||= this.#isAtBound();
    return true;
  }

  /** Removes and returns the oldest message. */
  shift(): ReceivedMessage | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    this.#sizeBytes -= message.payload.length;
    this.#isFull &&= this.#messages.length > this.#maximumMessages / 2 ||
      this.#sizeBytes > this.#maximumBytes / 2;
    return message;
  }

  /** Removes and returns all messages, oldest first. */
  drain(): ReceivedMessage[] {
    this.#sizeBytes = 0;
    this.#isFull = false;
    return this.#messages.drain();
  }

  #isAtBound(): boolean {
    return this.#messages.length >= this.#maximumMessages ||
      this.#sizeBytes >= this.#maximumBytes;
  }
}
