import { type Broker, DropReason } from "../../src/broker/mod.ts";
import { hold } from "./_failure.ts";
import {
  type Delivery,
  isSameForm,
  type Message,
  type Receipt,
} from "./_message.ts";
import type { Model } from "./_model.ts";
import { isTooLarge } from "./_model_crash.ts";
import type { ModelSession, Replay } from "./_model_session.ts";
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
  const lost: Delivery[] = [];
  for (const message of model.messages.values()) {
    lost.push(...findMissing(model, message));
  }
  const droppedCount = world.totalDropped(DropReason.queueFull) +
    world.totalDropped(DropReason.slowConsumer);
  hold(
    lost.length <= droppedCount,
    () =>
      `${lost.length} messages did not arrive, ${droppedCount} are counted: ` +
      lost.join("; "),
  );
  for (const session of model.sessions.values()) {
    for (const replay of session.replays) holdReplayed(model, session, replay);
  }
  holdRefused(model);
}

/**
 * What had to be delivered, and was not: each receipt does for one delivery.
 * Which one it does for is chosen so that as few as possible are left over.
 */
function findMissing(model: Model, message: Message): Delivery[] {
  const due = message.deliveries.filter((each) => isDue(model, each));
  if (due.every(({ receivedCount }) => receivedCount > 0)) return [];
  const taken = new Map<Receipt, Delivery>();
  return due.filter((delivery) => !assign(delivery, taken, new Set()));
}

/** Finds a receipt for `delivery`, moving others if need be. */
function assign(
  delivery: Delivery,
  taken: Map<Receipt, Delivery>,
  visited: Set<Receipt>,
): boolean {
  for (const receipt of delivery.message.receipts) {
    const candidate = delivery.candidate(receipt.session);
    if (
      visited.has(receipt) || candidate === null ||
      receipt.step < delivery.handledStep || !isSameForm(candidate, receipt)
    ) continue;
    visited.add(receipt);
    const other = taken.get(receipt);
    if (other === undefined || assign(other, taken, visited)) {
      taken.set(receipt, delivery);
      return true;
    }
  }
  return false;
}

/** Whether nothing excuses that a delivery did not come. */
function isDue(model: Model, delivery: Delivery): boolean {
  const { candidates, expiresAtMs, handledStep, link } = delivery;
  if (
    !delivery.isLive || delivery.isVoid || delivery.isOptional ||
    isIndistinct(delivery) || expiresAtMs <= model.nowMs ||
    candidates.some(({ session }) =>
      // A shared group may have given it to who is gone, or cannot take it.
      (session.hasEnded && session.endedStep >= handledStep) ||
      isTooLarge(delivery, session)
    )
  ) return false;
  if (candidates.every(({ qos }) => qos > 0)) return true;
  // QoS 0: it may be lost with the connection, and only so.
  return candidates.length === 1 && link !== null &&
    link === candidates[0].session.link;
}

/** Whether some client cannot tell the message from others: one of 3.1.1, which gets no payload. */
function isIndistinct({ candidates, message }: Delivery): boolean {
  return message.payload === "" &&
    candidates.some(({ session }) => session.link?.client.version !== 5);
}

/** The retained messages that have been there ever since SUBSCRIBE have come. */
function holdReplayed(
  model: Model,
  session: ModelSession,
  replay: Replay,
): void {
  if (replay.isStopped) return;
  const { initial, link, receivedTopics, subscription } = replay;
  for (const [topicName, version] of initial) {
    const { expiresAtMs, message, untilStep } = version;
    const qos = Math.min(message.qos, subscription.qos);
    const isExcused = receivedTopics.has(topicName) ||
      hasCome(replay, session, message, qos) ||
      untilStep !== Infinity || model.uncertainTopics.has(topicName) ||
      expiresAtMs <= model.nowMs ||
      message.payload.length + 50 > session.smallestMaximumPacketSize ||
      (qos === 0 && link !== session.link);
    hold(
      isExcused,
      () =>
        `the retained ${message} did not come for ${subscription.key} of ` +
        session.clientIdentifier,
    );
  }
}

/** Whether the message has come in the same form for another reason, or for this one. */
function hasCome(
  { startStep, subscription: { identifier } }: Replay,
  session: ModelSession,
  { receipts }: Message,
  qos: number,
): boolean {
  const identifiers = identifier > 0 ? [identifier] : [];
  const form = { session, qos, isRetained: true, identifiers };
  return receipts.some((receipt) =>
    receipt.step >= startStep && isSameForm(form, receipt)
  );
}

/** What a publisher was told to be refused has reached nobody. */
function holdRefused(model: Model): void {
  for (const message of model.messages.values()) {
    if (
      message.refusedDeliveries === null || message.takenCount > 1 ||
      message.isRetained
    ) continue;
    for (const delivery of message.refusedDeliveries) {
      hold(
        delivery.receivedCount === 0,
        () => `${delivery} came although it was refused`,
      );
    }
  }
}
