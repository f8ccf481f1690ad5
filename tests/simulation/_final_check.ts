import { type Broker, DropReason } from "../../src/broker/mod.ts";
import { hold } from "./_failure.ts";
import type { Message } from "./_message.ts";
import type { Model } from "./_model.ts";
import { isTooLarge } from "./_model_crash.ts";
import type { Replay } from "./_model_session.ts";
import {
  assignReceipt,
  LiveOffer,
  type Offer,
  type Receipt,
  RetainedOffer,
} from "./_offer.ts";
import type { World } from "./_world.ts";

/** Whether the broker has nothing more to do for anybody. */
export function isAtRest(broker: Broker): boolean {
  for (const session of broker.sessions.values()) {
    if (
      session.queue.length > 0 || session.window.count > 0 ||
      session.receivedQos2Count > 0 || session.retainedReplays.length > 0 ||
      (session.connection?.pendingBytes ?? 0) > 0
    ) return false;
  }
  return true;
}

/** Everybody who is still there has got what was owed, or it was dropped for a reason that is counted. */
export function holdDelivered(world: World): void {
  const { model } = world;
  const receipts = new Map<Message | null, Receipt[]>();
  for (const session of model.allSessions) {
    for (const receipt of session.receipts) {
      const known = receipts.get(receipt.message) ?? [];
      receipts.set(receipt.message, known);
      known.push(receipt);
    }
  }
  const missing = [...dueOffers(model)].filter((offer) =>
    offer.receipt === null && !hasCome(model, offer, receipts)
  );
  const droppedCount = world.totalDropped(DropReason.queueFull) +
    world.totalDropped(DropReason.slowConsumer);
  hold(
    missing.length <= droppedCount,
    () =>
      `${missing.length} messages did not arrive, ${droppedCount} are ` +
      `counted: ${missing.map(describe).join("; ")}`,
  );
  for (const { refusedOffers } of model.messages.values()) {
    for (const offer of refusedOffers) holdRefused(offer);
  }
}

function* dueOffers(model: Model): Iterable<Offer> {
  for (const message of model.messages.values()) {
    for (const offer of message.offers) {
      if (isDue(model, offer)) yield offer;
    }
  }
  for (const session of model.sessions.values()) {
    for (const replay of session.replays) {
      for (const topicName of replay.initial.keys()) {
        const offer = replay.offer(topicName)!;
        if (isDue(model, offer)) yield offer;
      }
    }
  }
}

/** Whether there is a receipt that need not be for another offer. */
function hasCome(
  model: Model,
  offer: Offer,
  receipts: ReadonlyMap<Message | null, readonly Receipt[]>,
): boolean {
  const message = offer instanceof LiveOffer
    ? offer.message
    : retainedMessage(offer as RetainedOffer);
  const possible = [
    ...receipts.get(message) ?? [],
    ...receipts.get(null) ?? [],
  ];
  return assignReceipt(offer, possible, (each) => isDue(model, each));
}

/** Whether nothing excuses that it is not delivered. */
function isDue(model: Model, offer: Offer): boolean {
  if (offer instanceof RetainedOffer) return isRetainedDue(model, offer);
  const { expiresAtMs, forms, isOptional, isVoid, link, message, step } =
    offer as LiveOffer;
  if (
    isVoid || isOptional || expiresAtMs <= model.nowMs ||
    forms.some(({ session }) =>
      // A shared group may have given it to who is gone, or cannot take it.
      (session.hasEnded && session.endedStep >= step) ||
      isTooLarge(message, session)
    )
  ) return false;
  if (forms.every(({ qos }) => qos > 0)) return true;
  // QoS 0: it may be lost with the connection, and only so.
  return forms.length === 1 && link !== null && link === forms[0].session.link;
}

/** A retained message that has been there ever since SUBSCRIBE has to come. */
function isRetainedDue(
  model: Model,
  { replay, topicName }: RetainedOffer,
): boolean {
  const version = replay.initial.get(topicName);
  if (
    version === undefined || replay.isStopped ||
    version.untilStep !== Infinity || version.expiresAtMs <= model.nowMs ||
    model.uncertainTopics.has(topicName) ||
    isTooLarge(version.message, replay.session)
  ) return false;
  return Math.min(version.message.qos, replay.subscription.qos) > 0 ||
    replay.link === replay.session.link;
}

function retainedMessage({ replay, topicName }: RetainedOffer): Message {
  return replay.initial.get(topicName)!.message;
}

/** What a publisher was told to be refused has reached nobody. */
function holdRefused(offer: LiveOffer): void {
  const { isRetained, takenCount } = offer.message;
  // Somebody may have got it as a retained message, or the second time.
  if (isRetained || takenCount > 1) return;
  hold(offer.receipt === null, () => `${offer} came although it was refused`);
}

function describe(offer: Offer): string {
  if (offer instanceof LiveOffer) return `${offer}`;
  const { replay, topicName } = offer as RetainedOffer;
  return describeReplay(replay, topicName);
}

function describeReplay(replay: Replay, topicName: string): string {
  const { session, startStep, subscription } = replay;
  return `the retained ${replay.initial.get(topicName)!.message} for ` +
    `${subscription.key} of ${session.clientIdentifier} since step ${startStep}`;
}
