import type { Broker, Histogram } from "../../broker/mod.ts";
import { percentile } from "./percentile.ts";

/** How far back there is a sample for every second. */
export const HISTORY_SECONDS = 600;

const INTERVAL_MS = 1_000;

/** What one second was like. */
export interface Sample {
  /** Counts the seconds since the start. */
  readonly sequence: number;
  readonly atMs: number;
  readonly clients: number;
  readonly messagesReceivedPerSecond: number;
  readonly messagesSentPerSecond: number;
  readonly bytesReceivedPerSecond: number;
  readonly bytesSentPerSecond: number;
  readonly droppedPerSecond: number;
  /** From the arrival of a message to the moment its copy was sent; `null` if there was none. */
  readonly deliveryP50Seconds: number | null;
  readonly deliveryP99Seconds: number | null;
  readonly eventLoopP99Seconds: number | null;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Of one core. */
  readonly cpuShare: number;
}

/** What is counted, and differs from second to second. */
interface Counts {
  readonly atMs: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly dropped: number;
  readonly cpuSeconds: number;
  readonly delivery: Float64Array;
  readonly eventLoop: Float64Array;
}

/** What {@linkcode History} looks at. */
export interface HistorySource {
  readonly broker: Broker;
  readonly eventLoopSeconds: Histogram;
  readonly cpuSeconds: () => number;
}

/** One sample a second, the last ten minutes of them. */
export class History {
  readonly #source: HistorySource;
  readonly #samples: Sample[] = [];
  #sequence = 0;
  #counts: Counts;
  #timer: number | undefined = undefined;

  constructor(source: HistorySource) {
    this.#source = source;
    this.#counts = readCounts(source);
  }

  start(): void {
    this.#timer = setInterval(() => this.take(), INTERVAL_MS);
    Deno.unrefTimer(this.#timer);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes a sample of the time since the last one. */
  take(): void {
    const before = this.#counts;
    const now = this.#counts = readCounts(this.#source);
    const seconds = Math.max(1, now.atMs - before.atMs) / 1_000;
    const { broker, eventLoopSeconds } = this.#source;
    const { statistics } = broker;
    const { upperBounds } = statistics.deliverySeconds;
    const delivery = now.delivery.map((count, i) => count - before.delivery[i]);
    const eventLoop = now.eventLoop.map((count, i) =>
      count - before.eventLoop[i]
    );
    const memory = Deno.memoryUsage();
    const rate = (name: RateName) => (now[name] - before[name]) / seconds;
    this.#samples.push({
      sequence: ++this.#sequence,
      atMs: now.atMs,
      clients: statistics.clientsConnected,
      messagesReceivedPerSecond: rate("messagesReceived"),
      messagesSentPerSecond: rate("messagesSent"),
      bytesReceivedPerSecond: rate("bytesReceived"),
      bytesSentPerSecond: rate("bytesSent"),
      droppedPerSecond: rate("dropped"),
      deliveryP50Seconds: percentile(delivery, upperBounds, 0.5),
      deliveryP99Seconds: percentile(delivery, upperBounds, 0.99),
      eventLoopP99Seconds: percentile(
        eventLoop,
        eventLoopSeconds.upperBounds,
        0.99,
      ),
      residentBytes: memory.rss,
      heapBytes: memory.heapUsed + memory.external,
      cpuShare: rate("cpuSeconds"),
    });
    if (this.#samples.length > HISTORY_SECONDS) this.#samples.shift();
  }

  /** The samples after `sequence`, the oldest first. */
  since(sequence: number): readonly Sample[] {
    const first = this.#samples[0]?.sequence ?? 0;
    return this.#samples.slice(Math.max(0, sequence + 1 - first));
  }

  get last(): Sample | null {
    return this.#samples.at(-1) ?? null;
  }
}

type RateName =
  | "messagesReceived"
  | "messagesSent"
  | "bytesReceived"
  | "bytesSent"
  | "dropped"
  | "cpuSeconds";

function readCounts(
  { broker, eventLoopSeconds, cpuSeconds }: HistorySource,
): Counts {
  const { statistics, clock } = broker;
  return {
    atMs: clock.nowMs(),
    messagesReceived: statistics.publishReceived,
    messagesSent: statistics.publishSent,
    bytesReceived: statistics.bytesReceived,
    bytesSent: statistics.bytesSent,
    dropped: statistics.dropped.reduce((sum, count) => sum + count, 0),
    cpuSeconds: cpuSeconds(),
    delivery: statistics.deliverySeconds.counts.slice(),
    eventLoop: eventLoopSeconds.counts.slice(),
  };
}
