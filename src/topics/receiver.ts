import type { Subscription } from "./subscription.ts";

/** The identifiers of every receiver that has none; never written to. */
export const NO_SUBSCRIPTION_IDENTIFIERS: readonly number[] = [];

/**
 * One subscriber as a destination of one Topic Name: all its matching
 * non-shared subscriptions taken together, or its membership in one shared
 * group. Receivers are shared between routes and never change.
 */
export class Receiver<S> {
  readonly subscriber: S;
  /** The highest QoS among the subscriptions [MQTT-3.3.4-2]. */
  readonly qos: number;
  /** Whether any of the subscriptions has Retain As Published. */
  readonly retainAsPublished: boolean;
  /** One for each subscription that has one [MQTT-3.3.4-4]. */
  readonly subscriptionIdentifiers: readonly number[];
  /** Whether every one of the subscriptions has No Local [MQTT-3.8.3-3]. */
  readonly noLocal: boolean;
  /**
   * Set when some of the subscriptions have No Local and some have not: the
   * receiver to use instead of this one for messages that the subscriber
   * published itself.
   */
  readonly ownMessages: Receiver<S> | null;

  constructor(
    subscriber: S,
    qos: number,
    retainAsPublished: boolean,
    subscriptionIdentifiers: readonly number[],
    noLocal: boolean,
    ownMessages: Receiver<S> | null,
  ) {
    this.subscriber = subscriber;
    this.qos = qos;
    this.retainAsPublished = retainAsPublished;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.noLocal = noLocal;
    this.ownMessages = ownMessages;
  }
}

/**
 * The one receiver for subscriptions of the same subscriber that match the
 * same Topic Name. `subscriptions` has at least one element.
 */
export function mergeSubscriptions<S>(
  subscriptions: readonly Subscription<S>[],
): Receiver<S> {
  let qos = 0;
  let retainAsPublished = false;
  const identifiers: number[] = [];
  const local: Subscription<S>[] = [];
  for (const subscription of subscriptions) {
    if (subscription.qos > qos) qos = subscription.qos;
    if (subscription.retainAsPublished) retainAsPublished = true;
    if (subscription.subscriptionIdentifier > 0) {
      identifiers.push(subscription.subscriptionIdentifier);
    }
    if (!subscription.noLocal) local.push(subscription);
  }
  const isMixed = local.length > 0 && local.length < subscriptions.length;
  return new Receiver(
    subscriptions[0].subscriber,
    qos,
    retainAsPublished,
    identifiers.length > 0 ? identifiers : NO_SUBSCRIPTION_IDENTIFIERS,
    local.length === 0,
    // One step deep: no subscription in `local` has No Local.
    isMixed ? mergeSubscriptions(local) : null,
  );
}
