import { hold } from "./_failure.ts";
import type { Change } from "./_labels.ts";
import { type Delivery, NEVER } from "./_message.ts";
import type { Model } from "./_model.ts";
import { NEVER_EXPIRES } from "./_model.ts";
import type {
  ModelSession,
  RetainedVersion,
  SessionState,
} from "./_model_session.ts";

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
  const { clientIdentifier, endedBy, hasEnded, isStored, state } = session;
  const stored = snapshot.sessions.get(session);
  hold(
    stored === undefined || endedBy === null || !endedBy.isAnnounced,
    () => `the crash brings back a session that ${clientIdentifier} discarded`,
  );
  // Who ends with its connection ends with the broker.
  if (hasEnded || !isStored || state.expirySeconds === 0) return;
  for (const [key, change] of session.lastChanges) {
    if (!isAtRisk(change, snapshot)) continue;
    const isKept = typeof key === "string"
      ? stored?.state.subscriptions.get(key) === state.subscriptions.get(key)
      : stored?.state.received.get(key) === state.received.get(key);
    hold(
      isKept,
      () => `the crash loses ${change.kind} ${key} of ${clientIdentifier}`,
    );
  }
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
    for (const delivery of message.deliveries) {
      if (isSafe(model, delivery, snapshot)) continue;
      hold(
        message.deliveries.some((other) =>
          other !== delivery && other.route === delivery.route &&
          other.candidates.some(({ session }) =>
            delivery.candidate(session) !== null
          ) && isSafe(model, other, snapshot)
        ),
        () => `the crash loses ${delivery}, which was acknowledged`,
      );
    }
  }
}

/** Whether the delivery is stored, done, or nobody's to keep. */
function isSafe(
  model: Model,
  delivery: Delivery,
  { sessions, step }: Snapshot,
): boolean {
  return delivery.handledStep <= step || delivery.isOptional ||
    delivery.route === "retained" || delivery.receivedCount > 0 ||
    delivery.expiresAtMs <= model.nowMs ||
    delivery.candidates.some(({ qos, session }) =>
      qos === 0 || session.hasEnded || !session.isStored ||
      !sessions.has(session) || isTooLarge(delivery, session)
    );
}

/** Whether the client said that it does not take packets of that size. */
export function isTooLarge(delivery: Delivery, session: ModelSession): boolean {
  return delivery.message.payload.length + 50 >
    session.smallestMaximumPacketSize;
}

/**
 * The broker has crashed, and starts again with what the snapshot holds:
 * clients that were connected are not any more.
 */
export function restart(model: Model, snapshot: Snapshot): void {
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
  for (const delivery of session.deliveries) {
    rollBack(delivery, session, step);
  }
}

/** Takes back what came about after the snapshot. */
function rollBack(
  delivery: Delivery,
  session: ModelSession,
  step: number,
): void {
  if (delivery.handledStep > step) {
    delivery.isVoid = true;
    return;
  }
  if (delivery.settledStep > step) delivery.settledStep = NEVER;
  if (delivery.releasedStep > step) delivery.releasedStep = NEVER;
  if (delivery.settledStep !== NEVER) return;
  // Retained messages that are under way need not survive a crash.
  if (delivery.route === "retained") delivery.isOptional = true;
  const candidate = delivery.candidate(session)!;
  if (delivery.holder !== session || candidate.qos === 0) return;
  if (candidate.qos === 2) {
    session.open.set(delivery.packetIdentifier, delivery);
  } else {
    // It may come again under any identifier.
    delivery.packetIdentifier = 0;
  }
}
