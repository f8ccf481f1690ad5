import {
  type AuthPacket,
  PacketType,
  ProtocolError,
  ReasonCode,
  writePacket,
} from "../codec/mod.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import { concludeAuthentication, noteLogin, proceedAfter } from "./connect.ts";
import { watchCredential } from "./credential.ts";
import type { AuthenticationStep } from "./interfaces.ts";
import { reviewRights } from "./subscribe.ts";

/**
 * AUTH from a client: the next step of the exchange that CONNECT has begun,
 * or the first of a new one [MQTT-4.12.0-5] [MQTT-4.12.1-1].
 * @throws {ProtocolError} If it does not fit what went before.
 */
export function handleAuth(connection: Connection, packet: AuthPacket): void {
  const { reasonCode, properties } = packet;
  const { login } = connection;
  if (login.method === null) {
    throw new ProtocolError(
      "Cannot accept AUTH: CONNECT had no Authentication Method " +
        "[MQTT-4.12.0-7]",
    );
  }
  if (properties.authenticationMethod !== login.method) {
    throw new ProtocolError(
      "Cannot accept AUTH: its Authentication Method is not that of CONNECT " +
        "[MQTT-4.12.0-5] [MQTT-4.12.1-1]",
    );
  }
  const isNew = login.exchange === null;
  const expected = isNew
    ? ReasonCode.reAuthenticate
    : ReasonCode.continueAuthentication;
  if (reasonCode !== expected) {
    throw new ProtocolError(
      `Cannot accept AUTH: Reason Code is ${reasonCode}, must be ` +
        `${expected} [MQTT-4.12.0-3]`,
    );
  }
  if (isNew) {
    login.exchange = connection.broker.authorizer.startExchange?.(
      login.method,
      connection,
    ) ?? null;
  }
  takeStep(connection, properties.authenticationData ?? NO_DATA);
}

const NO_DATA = new Uint8Array(0);

/** Gives `data` to the exchange of `connection` and acts on its answer. */
export function takeStep(connection: Connection, data: Uint8Array): void {
  const { exchange } = connection.login;
  if (exchange === null) {
    // Since CONNECT a reload has taken the method away.
    end(connection, { reasonCode: ReasonCode.badAuthenticationMethod });
    return;
  }
  proceedAfter(
    connection,
    exchange.proceed(data).catch((error): AuthenticationStep => {
      connection.broker.observer.internalError(connection, error);
      return { reasonCode: ReasonCode.serverUnavailable };
    }),
    (step) => end(connection, step),
  );
}

function end(connection: Connection, step: AuthenticationStep): void {
  const { reasonCode, data } = step;
  if (reasonCode === ReasonCode.continueAuthentication) {
    sendAuth(connection, reasonCode, data);
    return;
  }
  connection.login.exchange = null;
  if (connection.state !== ConnectionState.connected) {
    connection.login.finalData = data ?? null;
    concludeAuthentication(connection, step);
    return;
  }
  noteLogin(connection, step);
  const isOther = step.userName !== undefined &&
    step.userName !== connection.userName;
  // A failed re-authentication ends the connection [MQTT-4.12.1-2]. Whether a
  // password of somebody else was right is not told.
  if (reasonCode !== ReasonCode.success || isOther) {
    const cause = isOther && reasonCode === ReasonCode.success
      ? "as another user"
      : step.cause ?? "not authenticated";
    connection.close(
      ReasonCode.notAuthorized,
      "re-authentication failed",
      `re-authentication failed: ${cause}`,
    );
    return;
  }
  connection.authorization = step.authorization ?? null;
  reviewRights(connection);
  watchCredential(connection, step);
  sendAuth(connection, reasonCode, data);
}

function sendAuth(
  connection: Connection,
  reasonCode: number,
  authenticationData: Uint8Array | undefined,
): void {
  const authenticationMethod = connection.login.method!;
  const isSent = writePacket(
    connection.output,
    {
      type: PacketType.auth,
      reasonCode,
      properties: authenticationData === undefined
        ? { authenticationMethod }
        : { authenticationMethod, authenticationData },
    },
    5,
    { maximumPacketSizeBytes: connection.maximumPacketSizeBytes },
  );
  if (!isSent) {
    connection.end(
      ReasonCode.packetTooLarge,
      "AUTH is too large for the client",
    );
    return;
  }
  connection.broker.statistics.repliesSent++;
  connection.touch();
}
