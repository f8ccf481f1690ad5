import type {
  Audience,
  Connection,
  MessageObserver,
} from "../../broker/mod.ts";
import type { PublishView } from "../../codec/mod.ts";
import { Subscription, SubscriptionTree } from "../../topics/mod.ts";

/** Somebody who wants to be told of messages with certain topics. */
export interface Listening {
  readonly audience: Audience;
  readonly topicFilters: readonly string[];
}

/** Finds out which plugins may be told of messages with a topic. */
export class PluginAudiences implements MessageObserver {
  readonly #tree = new SubscriptionTree<Audience>();

  /** The filters are valid. */
  constructor(listening: Iterable<Listening>) {
    for (const { audience, topicFilters } of listening) {
      for (const topicFilter of topicFilters) {
        this.#tree.add(new Subscription(audience, topicFilter));
      }
    }
  }

  audienceOf(topicName: string): Audience | null {
    const audiences = this.#tree.resolve(topicName).receivers
      .map(({ subscriber }) => subscriber);
    return audiences.length > 1
      ? new JointAudience(audiences)
      : audiences[0] ?? null;
  }
}

class JointAudience implements Audience {
  readonly #audiences: readonly Audience[];

  constructor(audiences: readonly Audience[]) {
    this.#audiences = audiences;
  }

  published(
    connection: Connection,
    publish: PublishView,
    topicName: string,
  ): void {
    for (let i = 0; i < this.#audiences.length; i++) {
      this.#audiences[i].published(connection, publish, topicName);
    }
  }
}
