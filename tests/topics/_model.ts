import fc from "fast-check";
import {
  matchesTopicFilter,
  type Receiver,
  type Route,
  Subscription,
} from "../../src/topics/mod.ts";
import { topicFilters } from "./_generators.ts";

/** Compared by identity, like a session. */
export interface Subscriber {
  readonly name: string;
}

const SUBSCRIBERS: Subscriber[] = ["s", "t", "u"].map((name) => ({ name }));

/** Random subscriptions of three subscribers, some of them shared. */
export const subscriptions: fc.Arbitrary<Subscription<Subscriber>> = fc
  .record({
    subscriber: fc.constantFrom(...SUBSCRIBERS),
    // Some filters often, so that several subscribers have the same.
    topicFilter: fc.oneof(topicFilters, fc.constantFrom("#", "a/+", "a/b")),
    qos: fc.nat(2),
    noLocal: fc.boolean(),
    retainAsPublished: fc.boolean(),
    retainHandling: fc.nat(2),
    subscriptionIdentifier: fc.nat(3),
    shareName: fc.constantFrom(null, null, null, "g", "h"),
  })
  .map(({ subscriber, topicFilter, ...options }) =>
    new Subscription(subscriber, topicFilter, {
      ...options,
      noLocal: options.noLocal && options.shareName === null,
    })
  );

/** The subscriptions as a plain list: slow, and obviously right. */
export class SubscriptionList {
  #subscriptions: Subscription<Subscriber>[] = [];

  get size(): number {
    return this.#subscriptions.length;
  }

  at(index: number): Subscription<Subscriber> | undefined {
    return this.#subscriptions[index % this.#subscriptions.length];
  }

  add(subscription: Subscription<Subscriber>): void {
    this.remove(subscription);
    this.#subscriptions.push(subscription);
  }

  remove(like: Subscription<Subscriber>): boolean {
    const before = this.size;
    this.#subscriptions = this.#subscriptions.filter((subscription) =>
      subscription.subscriber !== like.subscriber ||
      subscription.topicFilter !== like.topicFilter ||
      subscription.shareName !== like.shareName
    );
    return this.size < before;
  }

  /** What {@linkcode describeRoute} should say of the route of a topic. */
  describe(topicName: string): RouteDescription {
    const matching = this.#subscriptions.filter((subscription) =>
      matchesTopicFilter(subscription.topicFilter, topicName)
    );
    const shared = matching.filter(({ shareName }) => shareName !== null);
    const plain = matching.filter(({ shareName }) => shareName === null);
    const groups = Map.groupBy(
      shared,
      ({ shareName, topicFilter }) => `$share/${shareName}/${topicFilter}`,
    );
    return {
      receivers: [...Map.groupBy(plain, ({ subscriber }) => subscriber)]
        .flatMap(([, subscriptions]) => [
          describe("others", subscriptions),
          describe(
            "itself",
            subscriptions.filter((subscription) => !subscription.noLocal),
          ),
        ]).sort(),
      groups: [...groups].map(([name, members]) =>
        [name, ...members.map((member) => describe("", [member])).sort()].join()
      ).sort(),
    };
  }
}

export interface RouteDescription {
  receivers: string[];
  groups: string[];
}

/** Who gets what by a route, with messages of others and with its own. */
export function describeRoute(route: Route<Subscriber>): RouteDescription {
  return {
    receivers: route.receivers.flatMap((receiver) => [
      describeReceiver("others", receiver),
      receiver.noLocal
        ? describe("itself", [])
        : describeReceiver("itself", receiver.ownMessages ?? receiver),
    ]).sort(),
    groups: route.sharedGroups.map((group) =>
      [
        `$share/${group.shareName}/${group.topicFilter}`,
        ...group.members.map((member) => describeReceiver("", member)).sort(),
      ].join()
    ).sort(),
  };
}

function describe(
  publisher: string,
  subscriptions: Subscription<Subscriber>[],
): string {
  if (subscriptions.length === 0) return `${publisher}: nothing`;
  return `${publisher}: ${subscriptions[0].subscriber.name} QoS ${
    Math.max(...subscriptions.map(({ qos }) => qos))
  } RAP ${
    subscriptions.some(({ retainAsPublished }) => retainAsPublished)
  } identifiers ${
    subscriptions.map(({ subscriptionIdentifier }) => subscriptionIdentifier)
      .filter((identifier) => identifier > 0).sort()
  }`;
}

function describeReceiver(
  publisher: string,
  receiver: Receiver<Subscriber>,
): string {
  return `${publisher}: ${receiver.subscriber.name} QoS ${receiver.qos} RAP ${receiver.retainAsPublished} identifiers ${
    [...receiver.subscriptionIdentifiers].sort()
  }`;
}
