import type { LogTail } from "../log_control.ts";
import { encode, HEARTBEAT, withHeartbeat } from "./events.ts";

/** Lines that are sent at once, at most. */
const LARGEST_BATCH = 100;

/**
 * The lines of the log as server-sent events, `line` and `dropped`. Nothing
 * waits for a slow reader but the tail itself: what that has let go of
 * meanwhile is told as a number.
 */
export class LogStream implements UnderlyingDefaultSource<Uint8Array> {
  readonly #tail: LogTail;
  /** Aborted when nobody listens any more. */
  readonly #left = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #isEnded = false;
  /** The number of the line that is sent next. */
  #sequence: number;

  /** Begins at the line `sequence`, and ends with `closing`. */
  constructor(tail: LogTail, sequence: number, closing: AbortSignal) {
    this.#tail = tail;
    this.#sequence = sequence;
    if (closing.aborted) this.cancel();
    closing.addEventListener("abort", () => this.cancel(), {
      once: true,
      signal: this.#left.signal,
    });
  }

  /** Settles when it is over, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    controller.enqueue(encode("retry: 2000\n\n"));
  }

  async pull(
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> {
    if (!this.#isEnded && this.#sequence >= this.#tail.nextSequence) {
      const next = Promise.race([
        this.#tail.nextLine(),
        this.#ended.promise,
      ]).then(() => true);
      if (await withHeartbeat(next) === undefined) {
        return controller.enqueue(encode(HEARTBEAT));
      }
    }
    if (this.#isEnded) return controller.close();
    controller.enqueue(encode(this.#takeLines()));
  }

  cancel(): void {
    this.#isEnded = true;
    this.#left.abort();
    this.#ended.resolve();
  }

  #takeLines(): string {
    const { nextSequence, oldestSequence } = this.#tail;
    let text = "";
    if (this.#sequence < oldestSequence) {
      const count = oldestSequence - this.#sequence;
      text += `event: dropped\ndata: {"count":${count}}\n\n`;
      this.#sequence = oldestSequence;
    }
    const end = Math.min(nextSequence, this.#sequence + LARGEST_BATCH);
    for (; this.#sequence < end; this.#sequence++) {
      const { json } = this.#tail.lineAt(this.#sequence);
      text += `id: ${this.#sequence}\nevent: line\ndata: ${json}\n\n`;
    }
    return text;
  }
}
