import type { Broker } from "./broker.ts";
import type { Action, ClientIdentity } from "./interfaces.ts";

/** Questions under way at the same time: a reload must not flood a plugin. */
const QUESTIONS_AT_ONCE = 32;

/** What was allowed once. */
export interface Review {
  readonly client: ClientIdentity;
  readonly action: Action;
  readonly topic: string;
  /** Whether nobody needs to know any more. */
  isOutdated(): boolean;
  /** Is told what the Authorizer says now. */
  settle(isAllowed: boolean): void;
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

  /** Has `review` settled, now or when the answer is known. */
  add(review: Review): void {
    const { client, action, topic } = review;
    const answer = this.#broker.authorizer.lookup(client, action, topic);
    if (answer !== null) {
      review.settle(answer);
      return;
    }
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
        this.#broker.observer.internalError(null, error);
      }
    }
    this.#runningCount--;
  }

  async #decide(review: Review): Promise<void> {
    if (review.isOutdated()) return;
    const broker = this.#broker;
    const { client, action, topic } = review;
    const isAllowed = await broker.authorizer.decide(client, action, topic);
    if (review.isOutdated()) return;
    broker.nowMs = broker.clock.nowMs();
    review.settle(isAllowed);
    broker.flushTouched();
  }
}
