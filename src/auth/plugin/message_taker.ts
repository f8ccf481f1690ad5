import type { Plugin, PluginContext } from "./api.ts";
import { type PostedBatch, readBatch } from "./message_batch.ts";
import type { FromWorker } from "./messages.ts";

/** Questions that came meanwhile are looked at after so long. */
const SLICE_MS = 5;

/** The host hears after so long that it goes on. */
const PROGRESS_MS = 250;

/** Taken now: what the plugin does to the globals later does not matter. */
const { setTimeout, clearTimeout } = globalThis;
const nowMs = performance.now.bind(performance);

/** The bounds of a {@linkcode MessageTaker}. */
export interface MessageTakerOptions {
  /** How long the hook may take for one message. */
  readonly timeoutMs: number;
  /** Calls that are late and not over; with more the plugin is given up. */
  readonly maximumRunning: number;
  readonly post: (message: FromWorker) => void;
}

/** In the Worker: calls `onPublish` for one message after the other. */
export class MessageTaker {
  readonly #plugin: Plugin;
  readonly #context: PluginContext;
  readonly #options: MessageTakerOptions;
  /** Calls that are late and not over. */
  #openCount = 0;
  /** Since the host has heard last. */
  #count = 0;
  #failed = 0;
  #late = 0;
  #cause: string | null = null;
  #reportedAtMs = 0;

  constructor(
    plugin: Plugin,
    context: PluginContext,
    options: MessageTakerOptions,
  ) {
    this.#plugin = plugin;
    this.#context = context;
    this.#options = options;
  }

  /** The host sends no further batch before it has heard of all of this one. */
  async take(batch: PostedBatch): Promise<void> {
    this.#reportedAtMs = nowMs();
    let sliceEndMs = nowMs() + SLICE_MS;
    for (const message of readBatch(batch)) {
      try {
        const result: unknown = this.#plugin.onPublish!(message, this.#context);
        if (isThenable(result)) {
          await this.#wait(Promise.resolve(result));
        }
      } catch (error) {
        this.#fail(error);
      }
      this.#count++;
      if (nowMs() < sliceEndMs) continue;
      if (nowMs() - this.#reportedAtMs >= PROGRESS_MS) this.#report();
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      sliceEndMs = nowMs() + SLICE_MS;
    }
    this.#report();
  }

  /** Waits until a call is over, for as long as it may take. */
  async #wait(result: Promise<unknown>): Promise<void> {
    const { timeoutMs, maximumRunning, post } = this.#options;
    let timer: number | undefined;
    let isLate = false;
    const isOver = result.then(() => true, (error) => {
      if (!isLate) this.#fail(error);
      return true;
    });
    const isEarly = await Promise.race([
      isOver,
      new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), timeoutMs);
      }),
    ]);
    clearTimeout(timer);
    if (isEarly) return;
    isLate = true;
    this.#late++;
    this.#cause = `it did not take a message within ${timeoutMs} ms`;
    this.#openCount++;
    isOver.then(() => this.#openCount--);
    if (this.#openCount >= maximumRunning) {
      post({ type: "failed", cause: "too many calls of onPublish are late" });
    }
  }

  #fail(error: unknown): void {
    this.#failed++;
    this.#cause = error instanceof Error ? error.message : String(error);
  }

  #report(): void {
    this.#reportedAtMs = nowMs();
    if (this.#count === 0) return;
    this.#options.post({
      type: "taken",
      count: this.#count,
      failed: this.#failed,
      late: this.#late,
      cause: this.#cause,
    });
    this.#count = 0;
    this.#failed = 0;
    this.#late = 0;
    this.#cause = null;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
