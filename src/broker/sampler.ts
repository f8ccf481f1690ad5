import { HeavyHitters } from "./heavy_hitters.ts";

/** How many topics and clients are told apart. */
const CAPACITY = 128;

/** Messages looked at in one window, about; at twice as many the rest are thinned out. */
const SAMPLES_PER_WINDOW = 500;

const WINDOW_MS = 1_000;

/** One message that is looked at. */
export interface Sample {
  readonly clientIdentifier: string;
  readonly topicName: string;
  /** Of the whole packet. */
  readonly sizeBytes: number;
}

/**
 * Looks at one message in so many that it is some hundred a second at most:
 * which topics and clients are busy, and how long messages take, is then known
 * at any load without slowing it down. Below that it looks at every message.
 */
export class Sampler {
  readonly topics: HeavyHitters;
  readonly clients: HeavyHitters;
  /** Messages that pass before the next one is looked at. */
  countdown: number;
  /** When the PUBLISH being handled came in, if it is looked at; else 0. */
  stampMs: number;
  #interval: number;
  #windowStartMs: number;
  #windowSamples: number;
  #windowMessages: number;

  constructor() {
    this.topics = new HeavyHitters(CAPACITY);
    this.clients = new HeavyHitters(CAPACITY);
    this.countdown = 1;
    this.stampMs = 0;
    this.#interval = 1;
    this.#windowStartMs = 0;
    this.#windowSamples = 0;
    this.#windowMessages = 0;
  }

  /** Looks at a message, which stands for all since the one before: `countdown` is over. */
  take(nowMs: number, sample: Sample): void {
    const messages = this.#interval - this.countdown;
    this.#windowSamples++;
    this.#windowMessages += messages;
    this.#adapt(nowMs);
    this.countdown = this.#interval;
    this.stampMs = nowMs;
    const { clientIdentifier, topicName, sizeBytes } = sample;
    const bytes = messages * sizeBytes;
    this.topics.add(topicName, messages, bytes, nowMs);
    this.clients.add(clientIdentifier, messages, bytes, nowMs);
  }

  /** Chooses how many messages pass before the next sample. */
  #adapt(nowMs: number): void {
    const elapsedMs = nowMs - this.#windowStartMs;
    if (elapsedMs >= WINDOW_MS) {
      const perWindow = this.#windowMessages * WINDOW_MS / elapsedMs;
      this.#interval = Math.max(1, Math.round(perWindow / SAMPLES_PER_WINDOW));
      this.#windowStartMs = nowMs;
      this.#windowSamples = 0;
      this.#windowMessages = 0;
    } else if (this.#windowSamples >= 2 * SAMPLES_PER_WINDOW) {
      this.#interval *= 2;
      this.#windowSamples = SAMPLES_PER_WINDOW;
    }
  }
}
