import { Fifo } from "./_fifo.ts";
import { onAbort } from "./_abort.ts";
import type { ReceivedMessage } from "./message.ts";
import { MessageBuffer } from "./message_buffer.ts";
import type { MessagesOptions } from "./options.ts";

type Result = IteratorResult<ReceivedMessage, undefined>;

/** Is told what becomes of the messages of a stream. */
export interface StreamOwner {
  /** The consumer has finished with `message`. */
  finished(message: ReceivedMessage): void;
  /** The buffer was full and is not any more. */
  relieved(): void;
  /** The consumer has left. */
  left(stream: MessageStream): void;
}

const DONE: Result = { done: true, value: undefined };

/**
 * The messages of one consumer, for `for await` or `next`. A QoS 1 or 2
 * message is acknowledged when the consumer asks for the next one or leaves,
 * so a crash in between has the server send it again. Acknowledgements keep
 * their order [MQTT-4.6.0-2]: a stream that is neither read nor left holds up
 * all of them, and with them the server, which stops at Receive Maximum.
 */
export class MessageStream
  implements
    AsyncIterableIterator<ReceivedMessage, undefined>,
    Disposable,
    AsyncDisposable {
  readonly #owner: StreamOwner;
  readonly #buffer: MessageBuffer;
  readonly #waiting = new Fifo<PromiseWithResolvers<Result>>();
  #current: ReceivedMessage | null = null;
  #isEnded = false;
  /** What the next call of `next` rejects with. */
  #failure: { readonly reason: unknown } | null = null;
  readonly #stopListening: () => void;

  /** @internal */
  constructor(owner: StreamOwner, options: MessagesOptions) {
    this.#owner = owner;
    this.#buffer = new MessageBuffer(options);
    const { signal } = options;
    this.#stopListening = signal === undefined
      ? () => {}
      : onAbort(signal, () => this.#leave({ reason: signal.reason }));
    if (signal?.aborted) this.#leave({ reason: signal.reason });
  }

  /** Messages that wait. */
  get bufferedCount(): number {
    return this.#buffer.length;
  }

  /** @internal Whether the server has to wait for this consumer. */
  get isFull(): boolean {
    return this.#buffer.isFull;
  }

  /** @internal Whether it has ended, so that no message must come. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The next message; `done` after the end of the client or of the stream. */
  next(): Promise<Result> {
    this.#finishCurrent();
    if (this.#buffer.length > 0) {
      const wasFull = this.#buffer.isFull;
      const message = this.#buffer.shift()!;
      this.#current = message;
      if (wasFull && !this.#buffer.isFull) this.#owner.relieved();
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#failure !== null) {
      const { reason } = this.#failure;
      this.#failure = null;
      return Promise.reject(reason);
    }
    if (this.#isEnded) return Promise.resolve(DONE);
    const waiter = Promise.withResolvers<Result>();
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  /** Ends the stream; what waits counts as not wanted. */
  return(): Promise<Result> {
    this.#leave(null);
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.#leave(null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** @internal Takes `message`; `false` if there is no room for it. */
  deliver(message: ReceivedMessage): boolean {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return this.#buffer.push(message);
    this.#finishCurrent();
    this.#current = message;
    waiter.resolve({ done: false, value: message });
    return true;
  }

  /** @internal The client has ended. What waits was not acknowledged. */
  end(error: unknown): void {
    this.#close(error === null ? null : { reason: error });
    this.#buffer.drain();
  }

  #leave(failure: { readonly reason: unknown } | null): void {
    if (this.#isEnded) return;
    this.#close(failure);
    this.#owner.left(this);
    this.#finishCurrent();
    for (const message of this.#buffer.drain()) this.#owner.finished(message);
  }

  #close(failure: { readonly reason: unknown } | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopListening();
    this.#failure = failure;
    for (const waiter of this.#waiting.drain()) {
      if (this.#failure === null) waiter.resolve(DONE);
      else waiter.reject(this.#failure.reason);
      this.#failure = null;
    }
  }

  #finishCurrent(): void {
    const message = this.#current;
    if (message === null) return;
    this.#current = null;
    this.#owner.finished(message);
  }
}
