import { type Connection, ConnectionState } from "./connection.ts";

/**
 * `receiver` has more waiting than it should: stops reading from `publisher`
 * until it has drained, for a bounded time. Past that the receiver is slow,
 * and nobody waits for it until it has caught up: one stuck subscriber never
 * stops the others. Who publishes to itself is not paused for that: it could
 * not acknowledge what it waits for.
 */
export function applyBackPressure(
  receiver: Connection,
  publisher: Connection | null,
): void {
  if (
    publisher === null || publisher === receiver || receiver.isSlow ||
    publisher.state === ConnectionState.closed
  ) return;
  const waiting = receiver.waitingPublishers ??= new Set();
  if (waiting.has(publisher)) return;
  waiting.add(publisher);
  receiver.broker.statistics.publisherPauses++;
  publisher.hold();
  if (receiver.graceTimer !== null) return;
  const { timers, nowMs, limits } = receiver.broker;
  receiver.graceTimer = timers.schedule(
    nowMs + limits.slowConsumerGraceMs,
    () => {
      receiver.graceTimer = null;
      receiver.isSlow = true;
      receiver.broker.statistics.slowConsumers++;
      receiver.broker.observer.clientSlow(receiver);
      releaseWaitingPublishers(receiver);
    },
  );
}

/** Lets the waiting publishers go on once `receiver` has drained, or is gone. */
export function relieveBackPressure(receiver: Connection): void {
  if (receiver.waitingPublishers === null && !receiver.isSlow) return;
  if (receiver.state !== ConnectionState.closed && !hasDrained(receiver)) {
    return;
  }
  receiver.isSlow = false;
  receiver.broker.timers.cancel(receiver.graceTimer);
  receiver.graceTimer = null;
  releaseWaitingPublishers(receiver);
}

/**
 * Stops reading from a client whose unsent output has passed the hard limit:
 * messages stop before that, so what is above it answers its own packets.
 */
export function holdUnlessDrained(connection: Connection): void {
  const { outputHardLimitBytes } = connection.broker.limits;
  if (
    connection.isHeldForOutput || connection.isClosed ||
    connection.pendingBytes <= outputHardLimitBytes
  ) return;
  connection.isHeldForOutput = true;
  connection.hold();
}

/** Reads on from a client that has taken half of its output or more. */
export function releaseIfDrained(connection: Connection): void {
  const { outputHardLimitBytes } = connection.broker.limits;
  if (
    !connection.isHeldForOutput ||
    connection.pendingBytes * 2 > outputHardLimitBytes
  ) return;
  connection.isHeldForOutput = false;
  connection.release();
}

function hasDrained(receiver: Connection): boolean {
  const limits = receiver.broker.limits;
  const { queue } = receiver.session!;
  return receiver.pendingBytes * 2 <= limits.outputSoftLimitBytes &&
    queue.length * 4 <= limits.maximumQueuedMessages &&
    queue.sizeBytes * 4 <= limits.maximumQueuedBytes;
}

function releaseWaitingPublishers(receiver: Connection): void {
  const waiting = receiver.waitingPublishers;
  receiver.waitingPublishers = null;
  if (waiting === null) return;
  for (const publisher of waiting) publisher.release();
}
