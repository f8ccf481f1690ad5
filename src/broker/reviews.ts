import type { Broker } from "./broker.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import type { Action } from "./interfaces.ts";

/** Questions under way at the same time: a reload must not flood a plugin. */
const QUESTIONS_AT_ONCE = 32;

/** What was allowed once. */
export interface Review {
  readonly connection: Connection;
  readonly action: Action;
  readonly topic: string;
  /** Called if it is not allowed any more. */
  readonly deny: () => void;
}

/**
 * Subscriptions and Wills that were allowed once, and of which the Authorizer
 * has to find out whether they still are. There are never more than those.
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

  /** Has `deny` called, now or when that is known, if it is not allowed. */
  add(review: Review): void {
    const { connection, action, topic, deny } = review;
    const { authorizer } = this.#broker;
    const answer = authorizer.lookup(connection, action, topic);
    if (answer === false) deny();
    if (answer !== null) return;
    this.#waiting.push(review);
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

  async #decide(
    { connection, action, topic, deny }: Review,
  ): Promise<void> {
    const broker = this.#broker;
    if (connection.state !== ConnectionState.connected) return;
    const isAllowed = await broker.authorizer.decide(
      connection,
      action,
      topic,
    );
    if (isAllowed || connection.state !== ConnectionState.connected) return;
    broker.nowMs = broker.clock.nowMs();
    deny();
    broker.flushTouched();
  }
}
