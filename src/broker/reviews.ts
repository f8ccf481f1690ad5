import type { Broker } from "./broker.ts";
import { type Connection, ConnectionState } from "./connection.ts";

/** Questions under way at the same time: a reload must not flood a plugin. */
const QUESTIONS_AT_ONCE = 32;

interface Review {
  readonly connection: Connection;
  readonly topicFilter: string;
  readonly deny: () => void;
}

/**
 * Subscriptions that were allowed once, and of which the Authorizer has to
 * find out whether they still are. There are never more than subscriptions.
 */
export class Reviews {
  readonly #broker: Broker;
  readonly #waiting: Review[] = [];
  #runningCount = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Those of before are overtaken by what is added now. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Has `deny` called if the subscription is not allowed. */
  add(connection: Connection, topicFilter: string, deny: () => void): void {
    this.#waiting.push({ connection, topicFilter, deny });
    if (this.#runningCount < QUESTIONS_AT_ONCE) this.#run();
  }

  async #run(): Promise<void> {
    this.#runningCount++;
    for (;;) {
      const review = this.#waiting.pop();
      if (review === undefined) break;
      try {
        await this.#decide(review);
      } catch (error) {
        review.connection.fail(error);
      }
    }
    this.#runningCount--;
  }

  async #decide({ connection, topicFilter, deny }: Review): Promise<void> {
    const broker = this.#broker;
    if (connection.state !== ConnectionState.connected) return;
    const isAllowed = await broker.authorizer.decide(
      connection,
      "subscribe",
      topicFilter,
    );
    if (isAllowed || connection.state !== ConnectionState.connected) return;
    broker.nowMs = broker.clock.nowMs();
    deny();
    broker.flushTouched();
  }
}
