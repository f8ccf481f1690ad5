/**
 * What an operator does to clients and their sessions.
 */
import { ReasonCode } from "../codec/mod.ts";
import type { Broker } from "./broker.ts";

/**
 * Ends the connection of a client, which may come back; 5.0 clients get
 * DISCONNECT 0x98 with `cause`. False if it has none.
 */
export function disconnectClient(
  broker: Broker,
  clientIdentifier: string,
  cause: string,
): boolean {
  const connection = broker.sessions.get(clientIdentifier)?.connection ?? null;
  if (connection === null) return false;
  broker.nowMs = broker.clock.nowMs();
  connection.close(ReasonCode.administrativeAction, cause);
  broker.flushTouched();
  return true;
}

/**
 * Ends a session with all that waits for it, and its connection if it has
 * one; a Will that waits is published [MQTT-3.1.2-8]. False if there is none.
 */
export function endSession(
  broker: Broker,
  clientIdentifier: string,
  cause: string,
): boolean {
  const session = broker.sessions.get(clientIdentifier);
  if (session === undefined) return false;
  broker.nowMs = broker.clock.nowMs();
  session.connection?.close(ReasonCode.administrativeAction, cause);
  // It may have ended with its connection.
  if (broker.sessions.get(clientIdentifier) === session) {
    broker.sessions.discard(session);
  }
  broker.flushTouched();
  return true;
}

/** Removes the retained message of a topic; false if there is none. */
export function deleteRetained(broker: Broker, topicName: string): boolean {
  if (broker.retained.get(topicName) === undefined) return false;
  broker.nowMs = broker.clock.nowMs();
  broker.retained.delete(topicName);
  return true;
}

/**
 * Resolves when a crash cannot undo what was done so far; at once if nothing
 * is kept, or if acknowledgements do not wait for it either.
 */
export function whenStored({ store }: Broker): Promise<void> {
  if (!store.isRecording || !store.isAwaited) return Promise.resolve();
  return new Promise((resolve) =>
    store.afterCommit({ proceed: resolve }, true)
  );
}
