import {
  type ConnectPacket,
  decodeConnect,
  type FrameScanner,
  MqttError,
  ReasonCode,
} from "../codec/mod.ts";
import { takeStep } from "./auth.ts";
import { explainRefusal } from "./authorize.ts";
import { checkClientIdentifier, checkWill } from "./check_connect.ts";
import { DEFAULT_RECEIVE_MAXIMUM, fitsConnack } from "./connack.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import { watchCredential } from "./credential.ts";
import type { AuthenticationResult } from "./interfaces.ts";
import { refuse, refuseMalformed, refuseOverLimit } from "./refuse.ts";
import { canOwnSession } from "./session_owner.ts";
import { startSession } from "./start_session.ts";

const ASSIGNED_IDENTIFIER_LENGTH = 20;

/**
 * CONNECT: checks it and has the client authenticated; then its session is
 * started, which answers with CONNACK [MQTT-3.1.4-1] to [MQTT-3.1.4-6].
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
    checkClientIdentifier(connection, connect);
    // Who is refused for the rest of it is named in the log.
    connection.clientIdentifier = connect.clientIdentifier;
    if (connect.willMessage !== null) {
      checkWill(connect.willMessage, connection.offered);
    }
  } catch (error) {
    if (!(error instanceof MqttError)) throw error;
    refuse(connection, error.reasonCode, error.message);
    return;
  }
  const { tracer } = connection.broker;
  if (tracer !== null) {
    connection.trace = tracer.traceConnect(connection, connect);
    connection.trace?.step("authorize");
  }
  const { certificateIdentity = null, userName } = connection.transport;
  connection.userName = userName ?? connect.userName;
  const refusal = connection.broker.addresses.admit(connection);
  if (refusal !== null) {
    refuseOverLimit(connection, refusal.limit, refusal);
    return;
  }
  connection.state = ConnectionState.authenticating;
  connection.login.askedAtMs = connection.broker.clock.nowMs();
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
    isAbandoned: () => connection.isClosed,
  });
  if (!(result instanceof Promise)) {
    finishConnect(connection, connect, result);
    return;
  }
  proceedAfter(
    connection,
    result.catch((error): AuthenticationResult => {
      connection.broker.observer.internalError(connection, error);
      return { reasonCode: ReasonCode.serverUnavailable };
    }).then((result) => {
      noteUnheard(connection, connect, result);
      return result;
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
  const { login } = connection;
  login.method = method;
  login.exchange = exchange;
  login.pendingConnect = connect;
  takeStep(connection, connect.properties.authenticationData ?? NO_DATA);
}

const NO_DATA = new Uint8Array(0);

/** The exchange that CONNECT has begun is over. */
export function concludeAuthentication(
  connection: Connection,
  result: AuthenticationResult,
): void {
  const { login } = connection;
  const connect = login.pendingConnect!;
  login.pendingConnect = null;
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

function finishConnect(
  connection: Connection,
  connect: ConnectPacket,
  result: AuthenticationResult,
): void {
  const { broker } = connection;
  const isSuccess = result.reasonCode === ReasonCode.success;
  // Others from the address may have failed since: who guesses many passwords
  // at a time is to learn no more than who guesses one after the other.
  const refusal = broker.addresses.refuseToLogIn(connection);
  if (refusal === null || !isSuccess) noteConnect(connection, connect, result);
  broker.statistics.noteAuthentication(
    (broker.clock.nowMs() - connection.login.askedAtMs) / 1_000,
    isSuccess && refusal === null,
  );
  // Of a refusal too: an exchange has told it, and the log is to.
  if (result.userName !== undefined) connection.userName = result.userName;
  if (refusal !== null) {
    refuseOverLimit(connection, refusal.limit, refusal);
    return;
  }
  if (!isSuccess) {
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
  if (!canOwnSession(connection.userName)) {
    refuse(
      connection,
      ReasonCode.notAuthorized,
      "the client was not authenticated",
      "the user name that it was given holds U+0000 or half a surrogate pair, " +
        "or is over 65,535 bytes long",
    );
    return;
  }
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

/**
 * Who shows nothing guesses nothing: a device without settings that tries
 * again and again would keep out all others behind the same router.
 */
function noteConnect(
  connection: Connection,
  { userName, password, properties }: ConnectPacket,
  result: AuthenticationResult,
): void {
  const showsNothing = userName === null && password === null &&
    properties.authenticationMethod === undefined;
  if (showsNothing && result.reasonCode === ReasonCode.notAuthorized) return;
  noteLogin(connection, result);
}

/**
 * Failures count where somebody may be guessing; a busy server is no failure.
 * The name in CONNECT is the one that a password was checked for, but an
 * exchange has one of its own.
 */
export function noteLogin(
  connection: Connection,
  { reasonCode, userName, isUnproven = false }: AuthenticationResult,
): void {
  const { broker: { addresses }, login } = connection;
  const claimed = login.method === null ? connection.userName : null;
  const name = userName === undefined ? claimed : userName;
  switch (reasonCode) {
    case ReasonCode.success:
      if (name !== null && !isUnproven) addresses.loggedIn(connection, name);
      break;
    case ReasonCode.badUserNameOrPassword:
    case ReasonCode.notAuthorized:
      addresses.loginFailed(connection, name);
  }
}

/**
 * Failures count also where the client did not wait for the answer: to find it
 * out has cost as much.
 */
function noteUnheard(
  connection: Connection,
  connect: ConnectPacket,
  result: AuthenticationResult,
): void {
  const { broker, isClosed } = connection;
  if (!isClosed || result.reasonCode === ReasonCode.success) return;
  broker.nowMs = broker.clock.nowMs();
  noteConnect(connection, connect, result);
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
