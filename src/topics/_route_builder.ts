import { mergeSubscriptions, type Receiver } from "./receiver.ts";
import { Route } from "./route.ts";
import type { SharedGroup } from "./shared_group.ts";
import type { SubscriberSet } from "./_subscriber_set.ts";
import type { Subscription } from "./subscription.ts";

/** Up to here, comparing each with each is faster than filling a Map. */
const MAXIMUM_PAIRWISE = 16;

/** Makes the route of `topicName` from all filters that match it. */
export function buildRoute<S, Context>(
  topicName: string,
  matching: readonly SubscriberSet<S>[],
): Route<S, Context> {
  if (matching.length === 0) return new Route(topicName, [], [], 0);
  const subscriptions: Subscription<S>[] = [];
  const sharedGroups: SharedGroup<S>[] = [];
  let filtersWithSubscribers = 0;
  for (let i = 0; i < matching.length; i++) {
    const before = subscriptions.length;
    matching[i].collect(subscriptions, sharedGroups);
    if (subscriptions.length > before) filtersWithSubscribers++;
  }
  // Within one filter each subscriber occurs once: nothing to merge.
  const receivers = filtersWithSubscribers <= 1
    ? toReceivers(subscriptions)
    : mergeBySubscriber(subscriptions);
  return new Route(
    topicName,
    receivers,
    sharedGroups,
    subscriptions.length + sharedGroups.length,
  );
}

function toReceivers<S>(
  subscriptions: readonly Subscription<S>[],
): Receiver<S>[] {
  const receivers: Receiver<S>[] = [];
  for (let i = 0; i < subscriptions.length; i++) {
    receivers.push(subscriptions[i].receiver);
  }
  return receivers;
}

/** One receiver for each subscriber, in order of first appearance. */
function mergeBySubscriber<S>(
  subscriptions: readonly Subscription<S>[],
): Receiver<S>[] {
  const firsts: Subscription<S>[] = [];
  const indexes = subscriptions.length > MAXIMUM_PAIRWISE
    ? new Map<S, number>()
    : null;
  let overlaps: Map<number, Subscription<S>[]> | null = null;
  for (const subscription of subscriptions) {
    const subscriber = subscription.subscriber;
    const index = indexes === null
      ? findSubscriber(firsts, subscriber)
      : indexes.get(subscriber) ?? -1;
    if (index < 0) {
      indexes?.set(subscriber, firsts.length);
      firsts.push(subscription);
      continue;
    }
    overlaps ??= new Map();
    const overlapping = overlaps.get(index);
    if (overlapping !== undefined) overlapping.push(subscription);
    else overlaps.set(index, [firsts[index], subscription]);
  }
  const receivers = toReceivers(firsts);
  if (overlaps !== null) {
    for (const [index, overlapping] of overlaps) {
      receivers[index] = mergeSubscriptions(overlapping);
    }
  }
  return receivers;
}

function findSubscriber<S>(
  subscriptions: readonly Subscription<S>[],
  subscriber: S,
): number {
  for (let i = 0; i < subscriptions.length; i++) {
    if (subscriptions[i].subscriber === subscriber) return i;
  }
  return -1;
}
