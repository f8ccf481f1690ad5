import {
  type ConnectPacket,
  decodeConnect,
  encodeUtf8,
  type FrameScanner,
  MqttError,
  ReasonCode,
  validateTopicNameBytes,
  writePacket,
} from "../codec/mod.ts";
import type { Waiting, Will } from "../session/mod.ts";
import { countTopicLevels } from "../topics/mod.ts";
import { takeStep } from "./auth.ts";
import { explainRefusal } from "./authorize.ts";
import { watchCredential } from "./credential.ts";
import {
  DEFAULT_RECEIVE_MAXIMUM,
  fitsConnack,
  makeConnack,
  sessionExpiry,
} from "./connack.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import { pumpDeliveries, sendPubrel } from "./deliver.ts";
import type { AuthenticationResult } from "./interfaces.ts";
import { startKeepAlive } from "./keep_alive.ts";
import { RateLimit } from "./rate_limit.ts";
import { refuse, refuseMalformed } from "./refuse.ts";
import { reviewSubscriptions } from "./subscribe.ts";

const ASSIGNED_IDENTIFIER_LENGTH = 20;

/**
 * CONNECT: checks it, has the client authenticated, takes up or creates its
 * session, and answers with CONNACK [MQTT-3.1.4-1] to [MQTT-3.1.4-6].
 */
export function handleConnect(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  connection.broker.statistics.connectsReceived++;
  let connect: ConnectPacket;
  try {
    connect = decodeConnect(bytes, scanner.bodyStart, scanner.frameEnd);
  } catch (error) {
    if (!(error instanceof MqttError)) throw error;
    refuseMalformed(connection, error, protocolLevelOf(bytes, scanner));
    return;
  }
  connection.protocolVersion = connect.protocolVersion;
  connection.maximumPacketSizeBytes = connect.properties.maximumPacketSize ??
    Infinity;
  try {
    checkConnect(connection, connect);
  } catch (error) {
    if (!(error instanceof MqttError)) throw error;
    refuse(connection, error.reasonCode, error.message);
    return;
  }
  connection.clientIdentifier = connect.clientIdentifier;
  const { tracer } = connection.broker;
  if (tracer !== null) {
    connection.trace = tracer.traceConnect(connection, connect);
    connection.trace?.step("authorize");
  }
  const { certificateIdentity = null, userName } = connection.transport;
  connection.userName = userName ?? connect.userName;
  const refusal = connection.broker.addresses.admit(connection);
  if (refusal !== null) {
    refuse(connection, refusal.reasonCode, refusal.cause);
    return;
  }
  connection.state = ConnectionState.authenticating;
  connection.askedAtMs = connection.broker.clock.nowMs();
  const { authenticationMethod } = connect.properties;
  if (authenticationMethod !== undefined) {
    startExchange(connection, connect, authenticationMethod);
    return;
  }
  const result = connection.broker.authorizer.authenticate({
    connect,
    userName: connection.userName,
    isVouched: typeof userName === "string",
    certificateIdentity,
    remoteAddress: connection.remoteAddress,
    listener: connection.listener,
  });
  if (!(result instanceof Promise)) {
    finishConnect(connection, connect, result);
    return;
  }
  proceedAfter(
    connection,
    result.catch((error) => {
      connection.broker.observer.internalError(connection, error);
      return { reasonCode: ReasonCode.serverUnavailable };
    }),
    (result) => finishConnect(connection, connect, result),
  );
}

/** Enhanced authentication: AUTH packets follow before CONNACK [MQTT-4.12.0-2]. */
function startExchange(
  connection: Connection,
  connect: ConnectPacket,
  method: string,
): void {
  const { authorizer } = connection.broker;
  const exchange = authorizer.startExchange?.(method, connection) ?? null;
  if (exchange === null) {
    refuse(
      connection,
      ReasonCode.badAuthenticationMethod,
      `Cannot accept CONNECT: Authentication Method "${method}" is not ` +
        "supported [MQTT-4.12.0-1]",
    );
    return;
  }
  connection.authenticationMethod = method;
  connection.exchange = exchange;
  connection.pendingConnect = connect;
  takeStep(connection, connect.properties.authenticationData ?? NO_DATA);
}

const NO_DATA = new Uint8Array(0);

/** The exchange that CONNECT has begun is over. */
export function concludeAuthentication(
  connection: Connection,
  result: AuthenticationResult,
): void {
  const connect = connection.pendingConnect!;
  connection.pendingConnect = null;
  finishConnect(connection, connect, result);
}

/** Goes on when `answer` is there, unless the connection has ended. */
export function proceedAfter<T>(
  connection: Connection,
  answer: Promise<T>,
  proceed: (answer: T) => void,
): void {
  const { broker } = connection;
  connection.hold();
  answer.then((answer) => {
    broker.nowMs = broker.clock.nowMs();
    if (!connection.isClosed) proceed(answer);
  }).catch((error) => connection.fail(error)).then(() => {
    broker.flushTouched();
    connection.release();
  });
}

/** The byte after the Protocol Name, which is known to be one of MQTT's. */
function protocolLevelOf(bytes: Uint8Array, scanner: FrameScanner): number {
  return bytes[scanner.bodyStart + 2 + bytes[scanner.bodyStart + 1]];
}

/** What the format allows but this broker, or its configuration, does not. */
function checkConnect(connection: Connection, connect: ConnectPacket): void {
  const { limits } = connection.listener;
  const { clientIdentifier, willMessage } = connect;
  if (clientIdentifier === "" && !mayOmitIdentifier(connection, connect)) {
    throw new MqttError(
      "Cannot accept CONNECT: the Client Identifier is empty",
      ReasonCode.clientIdentifierNotValid,
    );
  }
  if (
    encodeUtf8(clientIdentifier).length > limits.maximumClientIdentifierBytes
  ) {
    throw new MqttError(
      `Cannot accept CONNECT: the Client Identifier is over ` +
        `${limits.maximumClientIdentifierBytes} bytes long`,
      ReasonCode.clientIdentifierNotValid,
    );
  }
  if (willMessage === null) return;
  if (willMessage.qos > limits.maximumQos) {
    throw new MqttError(
      `Cannot accept CONNECT: Will QoS is ${willMessage.qos}, the Maximum ` +
        `QoS is ${limits.maximumQos} [MQTT-3.2.2-12]`,
      ReasonCode.qosNotSupported,
    );
  }
  if (willMessage.isRetained && !limits.retainAvailable) {
    throw new MqttError(
      "Cannot accept CONNECT: Will Retain is set, but not available " +
        "[MQTT-3.2.2-13]",
      ReasonCode.retainNotSupported,
    );
  }
  const willTopic = encodeUtf8(willMessage.topicName);
  validateTopicNameBytes(willTopic, 0, willTopic.length);
  if (willMessage.topicName.startsWith("$")) {
    throw new MqttError(
      `Cannot accept CONNECT: Will Topic "${willMessage.topicName}" begins ` +
        "with $",
      ReasonCode.topicNameInvalid,
    );
  }
  const levelCount = countTopicLevels(willMessage.topicName);
  if (levelCount > limits.maximumTopicLevels) {
    throw new MqttError(
      `Cannot accept CONNECT: the Will Topic has ${levelCount} levels, the ` +
        `maximum is ${limits.maximumTopicLevels}`,
      ReasonCode.topicNameInvalid,
    );
  }
}

/** Before 5.0 an empty Client Identifier needs Clean Session 1 [3.1.1 MQTT-3.1.3-7], and 3.1 has none. */
function mayOmitIdentifier(
  connection: Connection,
  connect: ConnectPacket,
): boolean {
  return connection.listener.limits.allowZeroLengthClientIdentifier &&
    connect.protocolVersion !== 3 &&
    (connect.protocolVersion === 5 || connect.cleanStart);
}

function finishConnect(
  connection: Connection,
  connect: ConnectPacket,
  result: AuthenticationResult,
): void {
  const { broker } = connection;
  noteLogin(connection, result.reasonCode);
  broker.statistics.noteAuthentication(
    (broker.clock.nowMs() - connection.askedAtMs) / 1_000,
    result.reasonCode === ReasonCode.success,
  );
  if (result.reasonCode !== ReasonCode.success) {
    refuse(
      connection,
      result.reasonCode,
      "the client was not authenticated",
      result.cause,
    );
    return;
  }
  if ((result.expiresAtMs ?? Infinity) <= broker.nowMs) {
    refuse(
      connection,
      ReasonCode.notAuthorized,
      "the client was not authenticated",
      "the credential has expired",
    );
    return;
  }
  if (result.userName !== undefined) connection.userName = result.userName;
  connection.authorization = result.authorization ?? null;
  watchCredential(connection, result);
  if (connect.clientIdentifier === "") {
    connection.clientIdentifier = broker.sessions.assignIdentifier(
      ASSIGNED_IDENTIFIER_LENGTH,
    );
  }
  applyClientLimits(connection, connect);
  if (!fitsConnack(connection, connect)) {
    connection.end(
      ReasonCode.packetTooLarge,
      "CONNACK would exceed the client's Maximum Packet Size of " +
        `${connection.maximumPacketSizeBytes} bytes`,
    );
    return;
  }
  const { willMessage } = connect;
  if (willMessage === null) {
    startSession(connection, connect);
    return;
  }
  const { authorizer } = broker;
  const isAllowed = authorizer.lookup(
    connection,
    "publish",
    willMessage.topicName,
  );
  if (isAllowed !== null) {
    startIfAllowed(connection, connect, isAllowed);
    return;
  }
  proceedAfter(
    connection,
    authorizer.decide(connection, "publish", willMessage.topicName),
    (isAllowed) => startIfAllowed(connection, connect, isAllowed),
  );
}

/** Failures count where somebody may be guessing; a busy server is no failure. */
function noteLogin(connection: Connection, reasonCode: number): void {
  const { addresses } = connection.broker;
  switch (reasonCode) {
    case ReasonCode.success:
      if (connection.userName !== null) {
        addresses.loggedIn(connection, true);
      }
      break;
    case ReasonCode.badUserNameOrPassword:
    case ReasonCode.notAuthorized:
      addresses.loggedIn(connection, false);
  }
}

/** `isAllowed` tells whether the client may publish its Will. */
function startIfAllowed(
  connection: Connection,
  connect: ConnectPacket,
  isAllowed: boolean,
): void {
  if (isAllowed) {
    startSession(connection, connect);
    return;
  }
  refuse(
    connection,
    ReasonCode.notAuthorized,
    `the Will Topic "${connect.willMessage!.topicName}" is not allowed`,
    `the Will Topic "${connect.willMessage!.topicName}" is not allowed` +
      explainRefusal(connection, "publish", connect.willMessage!.topicName),
  );
}

/**
 * Ends the connection before and, if the client asks for a Clean Start, the
 * session before; opens one when no stored session is left that a crash could
 * bring back.
 */
function startSession(connection: Connection, connect: ConnectPacket): void {
  const { sessions, store } = connection.broker;
  const { clientIdentifier } = connection;
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
    refuse(connection, ReasonCode.quotaExceeded, "there are too many sessions");
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

/** What the client can take, as it says in CONNECT. */
function applyClientLimits(
  connection: Connection,
  connect: ConnectPacket,
): void {
  const { limits } = connection.listener;
  const { properties } = connect;
  connection.sendQuota = Math.min(
    properties.receiveMaximum ?? DEFAULT_RECEIVE_MAXIMUM,
    limits.maximumInflightMessages,
  );
  connection.requestsProblemInformation =
    properties.requestProblemInformation !== 0;
  connection.outboundAliasMaximum = Math.min(
    properties.topicAliasMaximum ?? 0,
    limits.outboundTopicAliasMaximum,
  );
  if (connection.outboundAliasMaximum > 0) {
    connection.outboundAliases = new Map();
  }
  connection.keepAliveSeconds = connect.keepAliveSeconds;
  const maximum = limits.maximumKeepAliveSeconds;
  if (
    connection.isVersion5 && maximum > 0 &&
    (connect.keepAliveSeconds === 0 || connect.keepAliveSeconds > maximum)
  ) connection.keepAliveSeconds = maximum;
}
