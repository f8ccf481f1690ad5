import { hold } from "./_failure.ts";
import type { Link } from "./_link.ts";
import { Delivery, isSameForm, type Message } from "./_message.ts";
import type { Model } from "./_model.ts";
import type {
  ModelSession,
  Replay,
  RetainedVersion,
} from "./_model_session.ts";
import { isMatch } from "./_topics.ts";

/** A PUBLISH as a client has got it, with the Topic Name that an alias stands for. */
export interface Received {
  readonly topicName: string;
  readonly payload: string;
  /** The tag of the message; empty if a client of 3.1.1 gets an empty payload. */
  readonly tag: string;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly isDuplicate: boolean;
  readonly packetIdentifier: number;
  readonly identifiers: readonly number[];
  readonly expirySeconds: number | null;
}

/**
 * A client has got a PUBLISH: finds what it was owed for, and holds it to the
 * rules. `isRepeat` tells that it has come before under the same Packet
 * Identifier.
 */
export function receive(
  model: Model,
  link: Link,
  received: Received,
): { readonly delivery: Delivery; readonly isRepeat: boolean } {
  const session = link.session!;
  const where = () => describe(received, session);
  const open = session.open.get(received.packetIdentifier);
  if (received.qos > 0 && open !== undefined) {
    holdRepeat(open, link, received, where);
    open.lastLink = link;
    return { delivery: open, isRepeat: true };
  }
  const delivery = findPending(model, link, received) ??
    findVacated(model, session, received) ??
    findRetained(model, session, received) ??
    findIndistinct(model, session, received);
  hold(
    delivery !== null,
    () =>
      `nobody owes ${where()}; what is owed: ` +
      `${model.messages.get(received.tag)?.deliveries.join("; ")}`,
  );
  if (received.isDuplicate) {
    hold(
      link.openedStep > delivery.handledStep,
      () => `DUP is 1 the first time: ${where()}`,
    );
  }
  holdExpiry(model, delivery, received, where);
  // What may as well be a retained message that was asked for has no order.
  const isAmbiguous = received.isRetained &&
    dueReplay(model, session, received) !== null;
  if (
    !isAmbiguous && delivery.sequence < Infinity &&
    delivery.receivedCount === 0 && delivery.message.takenCount === 1
  ) {
    holdOrder(delivery, session, where);
  }
  delivery.message.receipts.push({
    ...delivery.candidate(session)!,
    step: model.step,
  });
  delivery.holder = session;
  delivery.lastLink = link;
  delivery.packetIdentifier = received.packetIdentifier;
  if (received.qos === 0) {
    delivery.settledStep = model.step;
  } else {
    session.open.set(received.packetIdentifier, delivery);
  }
  return { delivery, isRepeat: false };
}

/** The application of a client takes a message: at QoS 2 it does so once. */
export function holdExactlyOnce(
  delivery: Delivery,
  session: ModelSession,
): void {
  const { message, route } = delivery;
  if (delivery.candidate(session)!.qos < 2 || message.qos < 2) return;
  if (route === "retained" || message.payload === "") return;
  const taken = message.deliveries.filter((other) =>
    other.route === route && other.receivedCount > 0 &&
    other.holder === session
  );
  const times = taken.reduce(
    (sum, { receivedCount }) => sum + receivedCount,
    0,
  );
  hold(
    times <= 1,
    () => `${session.clientIdentifier} got ${message} ${times} times`,
  );
}

function holdRepeat(
  open: Delivery,
  link: Link,
  received: Received,
  where: () => string,
): void {
  const { message } = open;
  hold(
    message.payload === received.payload &&
      message.topicName === received.topicName,
    () => `the Packet Identifier is that of ${open}: ${where()}`,
  );
  hold(
    open.lastLink !== link,
    () => `sent twice on the same connection: ${where()}`,
  );
  hold(received.isDuplicate, () => `DUP is 0 in a repetition: ${where()}`);
  hold(
    open.releasedStep === Infinity,
    () => `PUBLISH again after PUBREC: ${where()}`,
  );
}

function findPending(
  model: Model,
  link: Link,
  received: Received,
): Delivery | null {
  const session = link.session!;
  const messages = messagesOf(model, received);
  let likely: Delivery | null = null;
  let possible: Delivery | null = null;
  for (const message of messages) {
    if (message.topicName !== received.topicName) continue;
    for (const delivery of message.deliveries) {
      if (
        !isPending(delivery, session) || !fits(delivery, session, received)
      ) continue;
      possible ??= delivery;
      // One that was published twice may have been dropped the first time, or
      // lost with its connection.
      if (delivery.sequence < lastSequence(delivery, session)) continue;
      likely ??= delivery;
      if (received.qos > 0 || delivery.handledStep >= link.openedStep) {
        return delivery;
      }
    }
  }
  return likely ?? possible;
}

/** Which messages it may be: clients of 3.1.1 cannot tell empty ones apart. */
function messagesOf(model: Model, { tag, topicName }: Received): Message[] {
  const message = model.messages.get(tag);
  if (message !== undefined) return [message];
  return [...model.messages.values()].filter((each) =>
    each.payload === "" && each.topicName === topicName
  );
}

/** A delivery that another session has got, but could have got in another's place. */
function findVacated(
  model: Model,
  session: ModelSession,
  received: Received,
): Delivery | null {
  const { deliveries = [] } = model.messages.get(received.tag) ?? {};
  for (const delivery of deliveries) {
    const candidate = delivery.candidate(session);
    if (
      candidate === null || delivery.isVoid || !delivery.isLive ||
      delivery.holder === null || delivery.holder === session ||
      !fits(delivery, session, received)
    ) continue;
    const vacated = vacate(delivery, new Set());
    if (vacated !== null) return vacated;
  }
  return null;
}

/** Moves who has got `taken` to another delivery; returns the one that is free then. */
function vacate(taken: Delivery, visited: Set<Delivery>): Delivery | null {
  visited.add(taken);
  const form = taken.candidate(taken.holder!)!;
  for (const other of taken.message.deliveries) {
    const same = other.candidate(form.session);
    if (
      visited.has(other) || same === null || other.isVoid ||
      !other.isLive || !isSameForm(form, same)
    ) continue;
    const free = other.holder === null ? other : vacate(other, visited);
    if (free === null) continue;
    free.swapRoute(taken);
    return free;
  }
  return null;
}

function isPending(delivery: Delivery, session: ModelSession): boolean {
  return !delivery.isVoid && delivery.settledStep === Infinity &&
    delivery.candidate(session) !== null &&
    (delivery.holder === null || delivery.holder === session) &&
    session.open.get(delivery.packetIdentifier) !== delivery;
}

function fits(
  delivery: Delivery,
  session: ModelSession,
  received: Received,
): boolean {
  const isTold = session.link === null || session.link.client.version === 5;
  const hasExpiry = delivery.message.expirySeconds !== null;
  if (isTold && hasExpiry !== (received.expirySeconds !== null)) return false;
  return isSameForm(delivery.candidate(session)!, { ...received, session });
}

/**
 * An empty message to a client of 3.1.1, which cannot tell it from others:
 * one that was taken for another one before.
 */
function findIndistinct(
  model: Model,
  session: ModelSession,
  received: Received,
): Delivery | null {
  if (received.tag !== "") return null;
  for (const message of messagesOf(model, received)) {
    for (const delivery of message.deliveries) {
      const candidate = delivery.candidate(session);
      if (candidate === null || !fits(delivery, session, received)) continue;
      const copy = new Delivery(message, "indistinct", [candidate], {
        step: delivery.handledStep,
        nowMs: delivery.handledAtMs,
        expiresAtMs: delivery.expiresAtMs,
        sequence: Infinity,
      });
      copy.isOptional = true;
      session.deliveries.push(copy);
      message.deliveries.push(copy);
      return copy;
    }
  }
  return null;
}

/** A retained message that some SUBSCRIBE has asked for. */
function findRetained(
  model: Model,
  session: ModelSession,
  received: Received,
): Delivery | null {
  const due = dueReplay(model, session, received);
  if (due === null) return null;
  const { replay, version: { expiresAtMs, message } } = due;
  replay.receivedTopics.add(received.topicName);
  const { identifier } = replay.subscription;
  const delivery = new Delivery(message, "retained", [{
    session,
    qos: received.qos,
    isRetained: true,
    identifiers: identifier > 0 ? [identifier] : [],
  }], {
    step: replay.startStep,
    nowMs: model.nowMs,
    expiresAtMs,
    sequence: Infinity,
  });
  session.deliveries.push(delivery);
  message.deliveries.push(delivery);
  return delivery;
}

/** The SUBSCRIBE that a retained message may have come for, and which one it is. */
function dueReplay(
  model: Model,
  session: ModelSession,
  received: Received,
): { readonly replay: Replay; readonly version: RetainedVersion } | null {
  if (!received.isRetained) return null;
  const versions = model.versions.get(received.topicName) ?? [];
  // What has been stopped may be under way still; the others have to come.
  const replays = [
    ...session.replays.filter(({ isStopped }) => !isStopped),
    ...session.replays.filter(({ isStopped }) => isStopped),
  ];
  for (const replay of replays) {
    for (const version of versions) {
      const { message, untilStep } = version;
      if (
        message.payload === received.payload &&
        untilStep >= replay.startStep && isDue(replay, message, received)
      ) return { replay, version };
    }
  }
  return null;
}

function isDue(
  { receivedTopics, subscription }: Replay,
  message: Message,
  { identifiers, qos, topicName }: Received,
): boolean {
  const { filter, identifier } = subscription;
  return isMatch(filter, topicName) && !receivedTopics.has(topicName) &&
    qos === Math.min(message.qos, subscription.qos) &&
    isEqual(identifiers, identifier > 0 ? [identifier] : []);
}

/** The interval that is left has counted down, and not to nothing. */
function holdExpiry(
  model: Model,
  { expiresAtMs, handledAtMs, message, route }: Delivery,
  { expirySeconds, isDuplicate }: Received,
  where: () => string,
): void {
  if (expiresAtMs === Infinity) {
    hold(
      expirySeconds === null,
      () => `an expiry interval out of nowhere: ${where()}`,
    );
    return;
  }
  if (expirySeconds === null) {
    // Clients of 3.1.1 cannot be told.
    return;
  }
  const most = route === "retained"
    ? message.expirySeconds!
    : Math.ceil((expiresAtMs - handledAtMs) / 1000);
  const least = Math.ceil((expiresAtMs - model.nowMs) / 1000);
  hold(
    expirySeconds <= most && expirySeconds >= least &&
      (expirySeconds > 0 || isDuplicate || message.expirySeconds === 0),
    () =>
      `the expiry interval is ${expirySeconds}, not in ${least}..${most}: ` +
      where(),
  );
}

/** Messages of one publisher to one topic come in their order [MQTT-4.6.0-6]. */
function holdOrder(
  delivery: Delivery,
  session: ModelSession,
  where: () => string,
): void {
  hold(
    delivery.sequence >= lastSequence(delivery, session),
    () => `after a later message of its publisher: ${where()}`,
  );
  session.lastSequences.set(orderKey(delivery, session), delivery.sequence);
}

function lastSequence(delivery: Delivery, session: ModelSession): number {
  return session.lastSequences.get(orderKey(delivery, session)) ?? 0;
}

/** Deliveries of the same key come in the order of publishing. */
function orderKey(delivery: Delivery, session: ModelSession): string {
  const { author, qos, topicName } = delivery.message;
  const granted = delivery.candidate(session)!.qos;
  return `${author} ${qos} ${granted} ${topicName}`;
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function describe(received: Received, session: ModelSession): string {
  const { isDuplicate, isRetained, packetIdentifier, payload, qos } = received;
  return `PUBLISH "${payload.slice(0, 12)}" to ${received.topicName}, QoS ` +
    `${qos}, RETAIN ${Number(isRetained)}, DUP ${Number(isDuplicate)}, ` +
    `identifier ${packetIdentifier}, subscription identifiers ` +
    `[${received.identifiers}], for ${session.clientIdentifier}`;
}
