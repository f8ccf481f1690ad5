import { hold } from "./_failure.ts";
import type { Change } from "./_labels.ts";
import type { Message } from "./_message.ts";
import type { Model } from "./_model.ts";
import { NEVER_EXPIRES } from "./_model.ts";
import type {
  ModelSession,
  RetainedVersion,
  SessionState,
} from "./_model_session.ts";
import { assignReceipt, LiveOffer, NEVER, type Receipt } from "./_offer.ts";

/** All that is safe once the batch that was begun at `step` is written. */
export interface Snapshot {
  readonly step: number;
  readonly sessions: ReadonlyMap<ModelSession, StoredSession>;
  readonly retained: ReadonlyMap<string, RetainedVersion>;
}

interface StoredSession {
  readonly state: SessionState;
  readonly isConnected: boolean;
}

/** A broker that has never written anything. */
export const EMPTY_SNAPSHOT: Snapshot = {
  step: -1,
  sessions: new Map(),
  retained: new Map(),
};

export function takeSnapshot(model: Model): Snapshot {
  const sessions = new Map<ModelSession, StoredSession>();
  for (const session of model.sessions.values()) {
    if (!session.isStored) continue;
    sessions.set(session, {
      state: session.copyState(),
      isConnected: session.link !== null,
    });
  }
  return { step: model.step, sessions, retained: new Map(model.retained) };
}

/** Checks that nothing is lost which somebody was told to be safe. */
export function holdPromises(model: Model, snapshot: Snapshot): void {
  holdDeliveries(model, snapshot);
  for (const session of model.allSessions) {
    holdSession(session, snapshot);
  }
  for (const [topicName, change] of model.retainedChanges) {
    if (change === null || !isAtRisk(change, snapshot)) continue;
    const current = model.retained.get(topicName);
    if (current !== undefined && current.label !== change) continue;
    hold(
      snapshot.retained.get(topicName) === current ||
        snapshot.retained.get(topicName)!.expiresAtMs <= model.nowMs,
      () => `the crash loses what is retained of ${topicName}`,
    );
  }
}

/** What a client was told of its session. */
function holdSession(session: ModelSession, snapshot: Snapshot): void {
  const { clientIdentifier, hasEnded, isStored, state, successors } = session;
  const stored = snapshot.sessions.get(session);
  hold(
    stored === undefined || !successors.some((link) => link.isAnnounced),
    () =>
      `the crash brings back a session in whose place ${clientIdentifier} ` +
      "was given a new one",
  );
  if (hasEnded || !isStored) return;
  for (const [key, change] of session.lastChanges) {
    if (!isAtRisk(change, snapshot)) continue;
    const isKept = typeof key === "string"
      ? stored?.state.subscriptions.get(key) === state.subscriptions.get(key)
      : taken(stored?.state.received.get(key)) ===
        taken(state.received.get(key));
    hold(
      isKept,
      () => `the crash loses ${change.kind} ${key} of ${clientIdentifier}`,
    );
  }
}

/** `message` if it is certain that the broker has taken it, not refused it. */
function taken(message: Message | undefined): Message | null {
  return message === undefined || message.isUncertain ? null : message;
}

/** Whether a change was promised that is not in the snapshot as such. */
function isAtRisk(
  { handledStep, isPromised }: Change,
  { step }: Snapshot,
): boolean {
  return isPromised && handledStep > step;
}

function holdDeliveries(model: Model, snapshot: Snapshot): void {
  for (const message of model.messages.values()) {
    if (!message.isAcknowledged) continue;
    for (const offer of message.offers) {
      // A message that was published twice need be safe only once.
      const isKept = message.offers.some((other) =>
        other.route === offer.route && isSafe(model, other, snapshot) &&
        other.forms.some(({ session }) =>
          offer.forms.some((form) => form.session === session)
        )
      );
      hold(
        isKept || hasCome(model, offer, snapshot),
        () => `the crash loses ${offer}, which was acknowledged`,
      );
    }
  }
}

/**
 * Whether one of the equal copies that a client has got may be what is owed:
 * taken from what is safe without it.
 */
function hasCome(model: Model, offer: LiveOffer, snapshot: Snapshot): boolean {
  return assignReceipt(
    offer,
    offer.forms.flatMap(({ session }) => session.receipts),
    (other) =>
      other instanceof LiveOffer && !isSafeUnsent(model, other, snapshot),
  );
}

/** Whether what is owed is stored, done, or nobody's to keep. */
function isSafe(model: Model, offer: LiveOffer, snapshot: Snapshot): boolean {
  return offer.receipt !== null || isSafeUnsent(model, offer, snapshot);
}

/** Whether what is owed is stored, or nobody's to keep. */
function isSafeUnsent(
  model: Model,
  offer: LiveOffer,
  { sessions, step }: Snapshot,
): boolean {
  return offer.step <= step || offer.isOptional ||
    offer.expiresAtMs <= model.nowMs ||
    offer.forms.some(({ qos, session }) =>
      qos === 0 || session.hasEnded || !session.isStored ||
      !sessions.has(session) || isTooLarge(offer.message, session)
    );
}

/** Whether the client said that it does not take packets of that size. */
export function isTooLarge(
  { payload }: Message,
  { smallestMaximumPacketSize }: ModelSession,
): boolean {
  return payload.length + 50 > smallestMaximumPacketSize;
}

/**
 * The broker has crashed, and starts again with what the snapshot holds:
 * clients that were connected are not any more.
 */
export function restart(model: Model, snapshot: Snapshot): void {
  for (const { offers } of model.messages.values()) {
    for (const offer of offers) offer.isVoid ||= offer.step > snapshot.step;
  }
  model.sessions.clear();
  for (const session of model.allSessions) {
    session.link = null;
    for (const replay of session.replays) replay.isStopped = true;
    const stored = snapshot.sessions.get(session);
    if (stored !== undefined) {
      restore(model, session, stored, snapshot.step);
    } else if (!session.hasEnded) {
      session.hasEnded = true;
      session.endedStep = model.step;
    }
  }
  model.retained.clear();
  for (const [topicName, version] of snapshot.retained) {
    version.untilStep = Infinity;
    model.retained.set(topicName, version);
  }
  model.resume();
}

function restore(
  model: Model,
  session: ModelSession,
  { isConnected, state }: StoredSession,
  step: number,
): void {
  session.state = {
    ...state,
    subscriptions: new Map(state.subscriptions),
    received: new Map(state.received),
  };
  session.hasEnded = false;
  session.endedStep = Infinity;
  session.successors = [];
  model.sessions.set(session.clientIdentifier, session);
  if (isConnected) {
    const { expirySeconds, will } = state;
    session.state.expiresAtMs = expirySeconds === NEVER_EXPIRES
      ? Infinity
      : model.nowMs + expirySeconds * 1000;
    session.state.willDueAtMs = will === null
      ? Infinity
      : model.nowMs + will.delaySeconds * 1000;
  }
  session.open.clear();
  for (const receipt of session.receipts) rollBack(receipt, step);
}

/** Takes back what came about after the snapshot. */
function rollBack(receipt: Receipt, step: number): void {
  const { offer, packetIdentifier, qos, session } = receipt;
  if (offer === null || offer.step > step) return;
  if (receipt.settledStep > step) receipt.settledStep = NEVER;
  if (receipt.releasedStep > step) receipt.releasedStep = NEVER;
  if (receipt.settledStep !== NEVER || qos === 0) return;
  if (qos === 2) {
    session.open.set(packetIdentifier, receipt);
  } else {
    // It may come once more, under any identifier.
    offer.receipt = null;
    receipt.offer = null;
    if (offer instanceof LiveOffer) offer.isOptional = true;
  }
}
