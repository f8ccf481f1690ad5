import type { SubscribeLabel, UnsubscribeLabel } from "./_labels.ts";
import type { Link } from "./_link.ts";
import type { Model } from "./_model.ts";
import {
  type ModelSession,
  type ModelSubscription,
  Replay,
} from "./_model_session.ts";
import { DENIED_TOPIC, isMatch } from "./_topics.ts";

/** The broker has handled a SUBSCRIBE. */
export function subscribe(
  model: Model,
  link: Link,
  label: SubscribeLabel,
): void {
  const session = link.session!;
  label.handledStep = model.step;
  label.expected = label.subscriptions.map((subscription, index) => {
    const refusal = findRefusal(model, session, subscription);
    if (refusal !== 0) return link.client.version === 5 ? refusal : 0x80;
    const { key, shareName } = subscription;
    const { subscriptions } = session.state;
    const old = subscriptions.get(key);
    const isNew = old === undefined;
    if (isNew || !isLike(subscription, old)) {
      subscriptions.set(key, subscription);
    }
    session.lastChanges.set(key, label);
    const retainHandling = label.retainHandlings[index];
    if (
      shareName === null &&
      (retainHandling === 0 || (retainHandling === 1 && isNew))
    ) startReplay(model, session, subscription);
    return subscription.qos;
  });
}

/** The broker has handled an UNSUBSCRIBE. */
export function unsubscribe(
  model: Model,
  session: ModelSession,
  label: UnsubscribeLabel,
): void {
  label.handledStep = model.step;
  label.expected = label.keys.map((key) => {
    stopReplays(session, key);
    session.lastChanges.set(key, label);
    return session.state.subscriptions.delete(key) ? 0x00 : 0x11;
  });
}

function findRefusal(
  model: Model,
  session: ModelSession,
  wanted: ModelSubscription,
): number {
  const { filter, key } = wanted;
  const { subscriptions } = session.state;
  if (filter === DENIED_TOPIC) return 0x87;
  const old = subscriptions.get(key);
  if (old !== undefined && isLike(wanted, old)) return 0;
  if (session.isStored && model.isStoreFailing) return 0x97;
  return !subscriptions.has(key) &&
      subscriptions.size >= model.limits.maximumSubscriptionsPerClient
    ? 0x97
    : 0;
}

/** Whether nothing has to be stored for `wanted`, which is there as `old`. */
function isLike(wanted: ModelSubscription, old: ModelSubscription): boolean {
  return wanted.qos === old.qos && wanted.noLocal === old.noLocal &&
    wanted.retainAsPublished === old.retainAsPublished &&
    wanted.identifier === old.identifier;
}

function startReplay(
  model: Model,
  session: ModelSession,
  subscription: ModelSubscription,
): void {
  stopReplays(session, subscription.key);
  const replay = new Replay(
    session,
    subscription,
    model.step,
    model.versions,
  );
  for (const [topicName, version] of model.retained) {
    if (isMatch(subscription.filter, topicName)) {
      replay.initial.set(topicName, version);
    }
  }
  session.replays.push(replay);
}

/** What is on its way may still come, but nothing has to. */
function stopReplays(session: ModelSession, key: string): void {
  for (const replay of session.replays) {
    if (replay.subscription.key === key) replay.isStopped = true;
  }
}
