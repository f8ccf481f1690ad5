import type { Broker } from "../../broker/mod.ts";

/** What all sessions hold together, at one moment. */
export interface Totals {
  readonly sessions: number;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** QoS 1 and 2 messages sent and not acknowledged. */
  readonly inflightMessages: number;
  readonly inflightBytes: number;
  /** QoS 2 messages received whose PUBREL has not come. */
  readonly receivedQos2: number;
  /** Clients that did not drain in time and have not caught up. */
  readonly slowConsumers: number;
  /** Bytes that wait for clients to take them. */
  readonly unsentBytes: number;
}

/** The share of the time that reading may take: one in so many. */
const READING_SHARE = 100;

/**
 * Adds up what all sessions hold. Whoever asks, and however often, that takes
 * no more than a hundredth of the time: between, the last answer is repeated.
 */
export class TotalsReader {
  readonly #broker: Broker;
  #totals: Totals | null = null;
  #validUntilMs = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  read(): Totals {
    const startMs = performance.now();
    if (this.#totals !== null && startMs < this.#validUntilMs) {
      return this.#totals;
    }
    this.#totals = addUpTotals(this.#broker);
    const endMs = performance.now();
    this.#validUntilMs = endMs + (endMs - startMs) * READING_SHARE;
    return this.#totals;
  }
}

/** Looks at every session: a millisecond for some ten thousand. */
export function addUpTotals({ sessions }: Broker): Totals {
  let queuedMessages = 0;
  let queuedBytes = 0;
  let inflightMessages = 0;
  let inflightBytes = 0;
  let receivedQos2 = 0;
  let slowConsumers = 0;
  let unsentBytes = 0;
  for (const session of sessions.values()) {
    const { connection, queue, window } = session;
    queuedMessages += queue.length;
    queuedBytes += queue.sizeBytes;
    if (window.count > 0) {
      inflightMessages += window.count;
      inflightBytes += window.sumSizes();
    }
    receivedQos2 += session.receivedQos2Count;
    if (connection === null) continue;
    if (connection.isSlow) slowConsumers++;
    unsentBytes += connection.pendingBytes;
  }
  return {
    sessions: sessions.count,
    queuedMessages,
    queuedBytes,
    inflightMessages,
    inflightBytes,
    receivedQos2,
    slowConsumers,
    unsentBytes,
  };
}
