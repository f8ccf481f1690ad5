import { type Broker, DropReason } from "../../src/broker/mod.ts";
import { hold } from "./_failure.ts";
import type { Delivery } from "./_message.ts";
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
  const missing: Delivery[] = [];
  for (const session of model.sessions.values()) {
    for (const delivery of session.deliveries) {
      if (isMissing(model, delivery, session)) missing.push(delivery);
    }
    for (const replay of session.replays) holdReplayed(model, session, replay);
  }
  const lost = new Set(missing);
  const droppedCount = world.totalDropped(DropReason.queueFull) +
    world.totalDropped(DropReason.slowConsumer);
  hold(
    lost.size <= droppedCount,
    () =>
      `${lost.size} messages did not arrive, ${droppedCount} are counted: ` +
      [...lost].join("; "),
  );
  holdRefused(model);
}

function isMissing(
  model: Model,
  delivery: Delivery,
  session: ModelSession,
): boolean {
  if (
    delivery.isVoid || delivery.isOptional || isIndistinct(delivery) ||
    delivery.receivedCount > 0 ||
    delivery.expiresAtMs <= model.nowMs || hasTwin(delivery) ||
    delivery.candidates.some((each) =>
      // A shared group may have given it to who is gone, or cannot take it.
      each.session.endedStep >= delivery.handledStep &&
        each.session.hasEnded || isTooLarge(delivery, each.session)
    )
  ) return false;
  if (delivery.candidates.every(({ qos }) => qos > 0)) return true;
  // QoS 0: it may be lost with the connection, and only so.
  return delivery.candidates.length === 1 && delivery.link !== null &&
    delivery.link === session.link;
}

/** Whether the same message came the same way, published once more by its publisher. */
function hasTwin(delivery: Delivery): boolean {
  const { message, route } = delivery;
  return route !== "direct" &&
    message.deliveries.some((other) =>
      other !== delivery && other.route === route && other.receivedCount > 0
    );
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

/** What a publisher was told to be refused has reached nobody. */
function holdRefused(model: Model): void {
  for (const message of model.messages.values()) {
    if (message.isAcknowledged || message.refusedDeliveries === null) continue;
    for (const delivery of message.refusedDeliveries) {
      hold(
        delivery.receivedCount === 0,
        () => `${delivery} came although it was refused`,
      );
    }
  }
}
