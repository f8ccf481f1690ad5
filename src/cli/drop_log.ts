import {
  type Broker,
  DROP_REASON_NAMES,
  type DropRecord,
} from "../broker/mod.ts";
import type { Logger } from "./logger.ts";

/** How often what was dropped is told. */
const INTERVAL_MS = 10_000;

/** Clients that are named each time; what others lose is told as a sum. */
const MAXIMUM_NAMED_CLIENTS = 10;

interface Loss {
  readonly client: string;
  readonly reason: number;
  topic: string;
  count: number;
}

/**
 * Tells the log what was dropped: not message by message, but from time to
 * time how many each client has lost and why.
 */
export class DropLog {
  readonly #broker: Pick<Broker, "drops" | "statistics">;
  readonly #logger: Logger;
  #timer: number | undefined;
  /** How many of each reason were told of. */
  #told: readonly number[];
  /** The newest record that was looked at, and what it counted then. */
  #newest = { sequence: 0, count: 0 };

  constructor(broker: Pick<Broker, "drops" | "statistics">, logger: Logger) {
    this.#broker = broker;
    this.#logger = logger;
    this.#told = [...broker.statistics.dropped];
  }

  start(): void {
    this.#timer = setInterval(() => this.tell(), INTERVAL_MS);
    Deno.unrefTimer(this.#timer);
  }

  /** Tells the rest. */
  stop(): void {
    clearInterval(this.#timer);
    this.tell();
  }

  /** Tells what was dropped since the last time. */
  tell(): void {
    const dropped = [...this.#broker.statistics.dropped];
    const rest = dropped.map((count, reason) => count - this.#told[reason]);
    this.#told = dropped;
    if (rest.every((count) => count === 0)) return;
    const losses = this.#readLosses().sort((a, b) => b.count - a.count);
    for (const loss of losses.slice(0, MAXIMUM_NAMED_CLIENTS)) {
      const { client, reason, topic, count } = loss;
      rest[reason] -= count;
      this.#logger.warn("messages dropped", {
        client,
        reason: DROP_REASON_NAMES[reason],
        count,
        lastTopic: topic,
      });
    }
    for (const [reason, count] of rest.entries()) {
      if (count <= 0) continue;
      this.#logger.warn("messages of others dropped", {
        reason: DROP_REASON_NAMES[reason],
        count,
      });
    }
  }

  /** What is new in the ledger, by client and reason. */
  #readLosses(): Loss[] {
    const losses = new Map<string, Loss>();
    const records = this.#broker.drops.list(Infinity);
    for (const record of records) {
      if (record.sequence < this.#newest.sequence) break;
      add(losses, record, this.#newCountOf(record));
    }
    const [newest] = records;
    if (newest !== undefined) this.#newest = newest;
    return [...losses.values()];
  }

  /** The newest record of the last time may have gone on counting. */
  #newCountOf({ sequence, count }: DropRecord): number {
    return sequence === this.#newest.sequence
      ? count - this.#newest.count
      : count;
  }
}

/** Records come newest first, so that the first topic is the last one. */
function add(
  losses: Map<string, Loss>,
  { reason, clientIdentifier, topicName }: DropRecord,
  count: number,
): void {
  if (count === 0) return;
  const key = `${reason} ${clientIdentifier}`;
  const loss = losses.get(key);
  if (loss !== undefined) {
    loss.count += count;
    return;
  }
  losses.set(key, {
    client: clientIdentifier,
    reason,
    topic: topicName,
    count,
  });
}
