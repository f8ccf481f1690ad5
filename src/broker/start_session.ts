import { type ConnectPacket, ReasonCode, writePacket } from "../codec/mod.ts";
import type { Waiting, Will } from "../session/mod.ts";
import { makeConnack, sessionExpiry } from "./connack.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import { ConnectionLimit } from "./connection_limit.ts";
import { pumpDeliveries, sendPubrel } from "./deliver.ts";
import { startKeepAlive } from "./keep_alive.ts";
import { RateLimit } from "./rate_limit.ts";
import { refuse, refuseOverLimit } from "./refuse.ts";
import { isOthersSession, refuseOthersSession } from "./session_owner.ts";
import { reviewSubscriptions } from "./subscribe.ts";

/**
 * Ends the connection before and, if the client asks for a Clean Start, the
 * session before; opens one when no stored session is left that a crash could
 * bring back.
 */
export function startSession(
  connection: Connection,
  connect: ConnectPacket,
): void {
  const { sessions, store } = connection.broker;
  const { clientIdentifier } = connection;
  if (isOthersSession(connection)) {
    refuseOthersSession(connection);
    return;
  }
  if (
    store.isFailing &&
    (sessions.isEnding(clientIdentifier) ||
      endsStoredSession(connection, connect))
  ) {
    refuse(
      connection,
      ReasonCode.serverUnavailable,
      "the end of the session before cannot be stored: writing to the store " +
        "fails",
    );
    return;
  }
  if (connect.cleanStart) sessions.discardOld(connection);
  else sessions.takeOver(connection);
  connection.trace?.step(null);
  if (sessions.isEnding(clientIdentifier)) {
    connection.trace?.step("store");
    connection.hold();
    sessions.announce(connection);
    store.afterCommit(new DeferredOpen(connection, connect), true);
  } else {
    openSession(connection, connect);
  }
}

/** Whether `connect` ends a stored session: by Clean Start, or with the connection that it has. */
function endsStoredSession(
  { broker, clientIdentifier }: Connection,
  { cleanStart }: ConnectPacket,
): boolean {
  const old = broker.sessions.get(clientIdentifier);
  return old !== undefined && old.isRecorded &&
    (cleanStart || !old.isPersistent);
}

/** Goes on with CONNECT once the end of the session before is stored: it must not come back after a crash. */
class DeferredOpen implements Waiting {
  readonly #connection: Connection;
  readonly #connect: ConnectPacket;

  constructor(connection: Connection, connect: ConnectPacket) {
    this.#connection = connection;
    this.#connect = connect;
  }

  proceed(): void {
    this.#connection.broker.sessions.unannounce(this.#connection);
    // Whoever has come later with the same Client Identifier has ended it.
    if (!this.#connection.isClosed) {
      openSession(this.#connection, this.#connect);
    }
    this.#connection.release();
  }
}

/** Takes up or creates the session, answers with CONNACK, and sends what waits. */
function openSession(connection: Connection, connect: ConnectPacket): void {
  const { broker } = connection;
  const opened = broker.sessions.open(connection);
  if (opened === null) {
    refuseOverLimit(connection, ConnectionLimit.sessions, {
      reasonCode: ReasonCode.quotaExceeded,
      cause: "there are too many sessions",
    });
    return;
  }
  const { session, isPresent } = opened;
  session.expiryIntervalSeconds = sessionExpiry(connection, connect);
  session.will = makeWill(connect);
  connection.session = session;
  connection.inheritedQos2Count = session.receivedQos2Count;
  connection.state = ConnectionState.connected;
  connection.rateLimit = RateLimit.of(connection);
  const connack = makeConnack(connection, connect, isPresent);
  writePacket(connection.output, connack, connect.protocolVersion);
  broker.statistics.noteConnected();
  connection.touch();
  startKeepAlive(connection);
  if (broker.store.isRecording) {
    session.isRecorded ||= session.isPersistent;
    broker.store.sessionChanged(session);
  }
  broker.observer.clientConnected(connection, connect);
  connection.endTrace(ReasonCode.success);
  if (isPresent) reviewSubscriptions(connection);
  session.window.restart();
  // Not held back by the client's Receive Maximum [MQTT-3.3.4-10].
  for (const delivery of session.window.releasedInOrder()) {
    sendPubrel(connection, delivery);
  }
  pumpDeliveries(connection);
}

function makeWill(connect: ConnectPacket): Will | null {
  const { willMessage } = connect;
  if (willMessage === null) return null;
  const { willDelayInterval = 0, ...properties } = willMessage.properties;
  return {
    publish: {
      type: 3,
      topicName: willMessage.topicName,
      payload: willMessage.payload,
      qos: willMessage.qos,
      isDuplicate: false,
      isRetained: willMessage.isRetained,
      packetIdentifier: 0,
      properties,
    },
    delaySeconds: willDelayInterval,
  };
}
