import {
  PacketType,
  ProtocolError,
  ReasonCode,
  type SubackPacket,
  type SubscribePacket,
  type SubscriptionRequest,
  type UnsubscribePacket,
} from "../codec/mod.ts";
import {
  countTopicLevels,
  hasWildcard,
  parseSharedFilter,
  Subscription,
  validateSubscriptionFilter,
} from "../topics/mod.ts";
import {
  askAuthorizer,
  explainRefusal,
  isAllowed,
  nextPermissionStamp,
} from "./authorize.ts";
import type { Broker } from "./broker.ts";
import {
  type ClientSession,
  type Connection,
  ConnectionState,
} from "./connection.ts";
import { confirm, sendNow } from "./deferred.ts";
import { pumpDeliveries } from "./deliver.ts";
import { reviewWill } from "./review_will.ts";

/** When retained messages are sent for a subscription. */
const RetainHandling = { always: 0, ifNew: 1, never: 2 } as const;

/**
 * SUBSCRIBE: each filter is granted or refused on its own, one SUBACK answers
 * them all [MQTT-3.8.4-6], then retained messages follow. Returns false when
 * the packet has to wait for an authorization decision.
 * @throws {ProtocolError} If a Topic Filter is ill-formed, or of a kind that
 * CONNACK told a 5.0 client is not available.
 */
export function handleSubscribe(
  connection: Connection,
  packet: SubscribePacket,
): boolean {
  const { subscriptions } = packet;
  const identifier = packet.properties.subscriptionIdentifiers?.[0] ?? 0;
  const undecided = new Set<string>();
  for (const request of subscriptions) {
    const { topicFilter } = request;
    checkFilter("SUBSCRIBE", topicFilter);
    if (connection.isVersion5) {
      checkAvailable(connection, topicFilter, identifier);
    }
    const plain = plainFilter(topicFilter);
    if (isAllowed(connection, "subscribe", plain) === null) {
      undecided.add(plain);
    }
  }
  if (undecided.size > 0) {
    askAuthorizer(connection, "subscribe", [...undecided]);
    return false;
  }
  const reasonCodes = subscriptions.map((request) =>
    subscribe(connection, request, identifier)
  );
  connection.decided = null;
  const suback: SubackPacket = {
    type: PacketType.suback,
    packetIdentifier: packet.packetIdentifier,
    reasonCodes: connection.isVersion5
      ? reasonCodes
      : reasonCodes.map((code) => Math.min(code, 0x80)),
    properties: {},
  };
  // A refusal changes nothing that would have to be stored first.
  if (reasonCodes.every((code) => code >= 0x80)) sendNow(connection, suback);
  else confirm(connection, suback);
  pumpDeliveries(connection);
  return true;
}

/** Makes one subscription; returns the granted QoS or the Reason Code of its refusal. */
function subscribe(
  connection: Connection,
  request: SubscriptionRequest,
  subscriptionIdentifier: number,
): number {
  const { broker } = connection;
  const session = connection.session!;
  const key = request.topicFilter;
  const wanted = makeSubscription(connection, request, subscriptionIdentifier);
  const old = session.subscriptions.get(key) ?? null;
  const refusal = findRefusal(connection, wanted, { key, old });
  if (refusal !== 0) {
    const reason = explain(connection, key, refusal);
    connection.reportRefusal(
      `subscribe ${refusal}`,
      () =>
        `SUBSCRIBE to "${key}" is refused with 0x${
          refusal.toString(16)
        }${reason}`,
      // How many there are of another refusal says nothing new.
      refusal === ReasonCode.notAuthorized ? key : "",
    );
    return refusal;
  }
  // Many clients ask for what they have already on every connection.
  if (old === null || !wanted.isLike(old)) {
    broker.router.subscriptions.add(wanted);
    if (broker.store.isRecording) {
      broker.store.subscriptionAdded(key, wanted, old);
    }
    session.subscriptions.set(key, wanted);
  }
  if (
    wanted.shareName === null &&
    isReplayDue(request.retainHandling, old === null)
  ) {
    stopReplay(session, key);
    session.retainedReplays.push({
      messages: broker.retained.match(key),
      subscriptionKey: key,
      queuedBeforeCount: session.queue.pushedCount,
      qos: wanted.qos,
      subscriptionIdentifiers: subscriptionIdentifier > 0
        ? [subscriptionIdentifier]
        : [],
      undecided: undefined,
    });
  }
  broker.observer.subscriptionMade(connection, key, wanted.qos);
  return wanted.qos;
}

function makeSubscription(
  connection: Connection,
  request: SubscriptionRequest,
  subscriptionIdentifier: number,
): Subscription<ClientSession> {
  const key = request.topicFilter;
  const shared = parseSharedFilter(key);
  return new Subscription(connection.session!, shared?.topicFilter ?? key, {
    shareName: shared?.shareName ?? null,
    qos: Math.min(request.qos, connection.offered.maximumQos),
    noLocal: request.noLocal,
    retainAsPublished: request.retainAsPublished,
    retainHandling: request.retainHandling,
    subscriptionIdentifier,
  });
}

function isReplayDue(retainHandling: number, isNew: boolean): boolean {
  return retainHandling === RetainHandling.always ||
    (retainHandling === RetainHandling.ifNew && isNew);
}

/** The Reason Code with which `wanted`, in place of `old`, has to be refused, or 0. */
function findRefusal(
  connection: Connection,
  wanted: Subscription<ClientSession>,
  { key, old }: { key: string; old: Subscription<ClientSession> | null },
): number {
  const { broker } = connection;
  const { limits } = connection.listener;
  const { topicFilter, subscriptionIdentifier } = wanted;
  const unavailable = findUnavailable(connection, key, subscriptionIdentifier);
  if (unavailable !== 0) return unavailable;
  if (countTopicLevels(topicFilter) > limits.maximumTopicLevels) {
    return ReasonCode.topicFilterInvalid;
  }
  // `handleSubscribe` has asked, so that what is not known now means no.
  if (isAllowed(connection, "subscribe", topicFilter) !== true) {
    return ReasonCode.notAuthorized;
  }
  if (old !== null && wanted.isLike(old)) return 0;
  const { isRecorded, subscriptions: { size } } = connection.session!;
  if (isRecorded && broker.store.isFailing) {
    return ReasonCode.quotaExceeded;
  }
  return old === null && size >= limits.maximumSubscriptionsPerClient
    ? ReasonCode.quotaExceeded
    : 0;
}

/** Why a subscription to `key` is refused, for the operator, behind a colon. */
function explain(
  connection: Connection,
  key: string,
  refusal: number,
): string {
  const { broker } = connection;
  const { limits } = connection.listener;
  switch (refusal) {
    case ReasonCode.notAuthorized:
      return explainRefusal(connection, "subscribe", plainFilter(key));
    case ReasonCode.topicFilterInvalid:
      return `: it has ${countTopicLevels(plainFilter(key))} levels, the ` +
        `maximum is ${limits.maximumTopicLevels}`;
    case ReasonCode.quotaExceeded:
      return connection.session!.isRecorded && broker.store.isFailing
        ? ": the store cannot write at present"
        : `: the session has ${connection.session!.subscriptions.size} ` +
          `subscriptions, the maximum is ${limits.maximumSubscriptionsPerClient}`;
    default:
      return ": the configuration does not offer it";
  }
}

/** The Reason Code for a kind of subscription that this broker does not offer, or 0. */
function findUnavailable(
  connection: Connection,
  topicFilter: string,
  subscriptionIdentifier: number,
): number {
  const { offered } = connection;
  const plain = plainFilter(topicFilter);
  if (plain !== topicFilter && !offered.sharedSubscriptionAvailable) {
    return ReasonCode.sharedSubscriptionsNotSupported;
  }
  if (hasWildcard(plain) && !offered.wildcardSubscriptionAvailable) {
    return ReasonCode.wildcardSubscriptionsNotSupported;
  }
  return subscriptionIdentifier > 0 && !offered.subscriptionIdentifierAvailable
    ? ReasonCode.subscriptionIdentifiersNotSupported
    : 0;
}

/** A 5.0 client was told in CONNACK: asking all the same ends its connection [MQTT-4.13.1-1]. */
function checkAvailable(
  connection: Connection,
  topicFilter: string,
  subscriptionIdentifier: number,
): void {
  const unavailable = findUnavailable(
    connection,
    topicFilter,
    subscriptionIdentifier,
  );
  if (unavailable === 0) return;
  throw new ProtocolError(
    `Cannot accept SUBSCRIBE: subscribing to "${topicFilter}" needs what ` +
      "CONNACK announced as not available",
    unavailable,
  );
}

/**
 * UNSUBSCRIBE: removes the subscriptions whose filters are equal character by
 * character [MQTT-3.10.4-1]; what is in flight is carried through.
 * @throws {ProtocolError} If a Topic Filter is ill-formed.
 */
export function handleUnsubscribe(
  connection: Connection,
  packet: UnsubscribePacket,
): void {
  for (const filter of packet.topicFilters) checkFilter("UNSUBSCRIBE", filter);
  confirm(connection, {
    type: PacketType.unsuback,
    packetIdentifier: packet.packetIdentifier,
    reasonCodes: packet.topicFilters.map((filter) =>
      unsubscribe(connection, filter)
    ),
    properties: {},
  });
}

function unsubscribe(connection: Connection, key: string): number {
  const { broker, session } = connection;
  if (!removeSubscription(broker, session!, key)) {
    return ReasonCode.noSubscriptionExisted;
  }
  broker.observer.subscriptionEnded(connection, key);
  return ReasonCode.success;
}

/** Takes a subscription from `session`; false if it has none such. */
function removeSubscription(
  broker: Broker,
  session: ClientSession,
  key: string,
): boolean {
  const subscription = session.subscriptions.get(key);
  if (subscription === undefined) return false;
  session.subscriptions.delete(key);
  broker.router.subscriptions.remove(
    session,
    subscription.topicFilter,
    subscription.shareName,
  );
  if (broker.store.isRecording) {
    broker.store.subscriptionRemoved(subscription);
  }
  stopReplay(session, key);
  return true;
}

/** Finds out anew what the client of `connection` may do. */
export function reviewRights(connection: Connection): void {
  connection.permissionStamp = nextPermissionStamp();
  connection.reportedRefusals = null;
  reviewWill(connection.session!, connection);
  reviewSubscriptions(connection);
}

/**
 * Removes the subscriptions that the client of `connection` may not have any
 * more, as soon as that is known; what it is sent is checked in any case.
 */
export function reviewSubscriptions(connection: Connection): void {
  const { broker } = connection;
  for (const key of [...connection.session!.subscriptions.keys()]) {
    broker.reviews.add({
      client: connection,
      action: "subscribe",
      topic: plainFilter(key),
      isOutdated: () => connection.state !== ConnectionState.connected,
      settle(isAllowed) {
        if (!isAllowed) withdraw(connection, key);
      },
    });
  }
}

/** Takes a subscription that is not allowed any more. */
function withdraw(connection: Connection, key: string): void {
  if (!removeSubscription(connection.broker, connection.session!, key)) return;
  connection.reportRefusal(
    "review",
    () =>
      `the subscription to "${key}" is not allowed any more` +
      explainRefusal(connection, "subscribe", plainFilter(key)),
    key,
  );
}

/** Forgets the retained messages still to be sent for a subscription: there is one search for each at most. */
function stopReplay(session: ClientSession, key: string): void {
  const { retainedReplays } = session;
  const index = retainedReplays.findIndex((replay) =>
    replay.subscriptionKey === key
  );
  if (index >= 0) retainedReplays.splice(index, 1);
}

/** The filter that topics are matched with: without `$share/` and the ShareName. */
function plainFilter(topicFilter: string): string {
  return parseSharedFilter(topicFilter)?.topicFilter ?? topicFilter;
}

function checkFilter(packetName: string, topicFilter: string): void {
  const fault = validateSubscriptionFilter(topicFilter);
  if (fault === null) return;
  throw new ProtocolError(
    `Cannot accept ${packetName}: Topic Filter "${topicFilter}" has a ${fault}`,
  );
}
