import {
  ConnectReturnCode,
  type MqttError,
  ReasonCode,
  UnsupportedProtocolError,
  writePacket,
} from "../codec/mod.ts";
import { CONNECTION_LIMIT_NAMES } from "./connection_limit.ts";
import type { Connection } from "./connection.ts";
import { toReasonString } from "./reason_string.ts";

/** A CONNECT that cannot be read; it is answered only if its version is known. */
export function refuseMalformed(
  connection: Connection,
  error: MqttError,
  protocolLevel: number,
): void {
  if (error instanceof UnsupportedProtocolError && error.isKnownName) {
    connection.protocolVersion = protocolLevel > 5 ? 5 : 4;
  } else if (error.protocolVersion !== 0) {
    connection.protocolVersion = error.protocolVersion;
  } else {
    connection.end(error.reasonCode, error.message);
    return;
  }
  refuse(connection, error.reasonCode, error.message);
}

/**
 * Ends the connection with a CONNACK, where the client's version has one for
 * the reason [MQTT-3.2.2-7]. The operator may learn more than the client.
 */
export function refuse(
  connection: Connection,
  reasonCode: number,
  cause: string,
  loggedCause = cause,
): void {
  const { protocolVersion } = connection;
  const code = protocolVersion === 5 ? reasonCode : returnCodeFor(reasonCode);
  if (code !== null) {
    writePacket(
      connection.output,
      {
        type: 2,
        sessionPresent: false,
        reasonCode: code,
        properties: protocolVersion === 5
          ? { reasonString: toReasonString(cause) }
          : {},
      },
      protocolVersion,
      { maximumPacketSizeBytes: connection.maximumPacketSizeBytes },
    );
    connection.broker.statistics.repliesSent++;
  }
  connection.end(reasonCode, loggedCause);
}

/**
 * The same for a {@linkcode ConnectionLimit}: it is counted, and the log names
 * its key, which stands below `limits` or below those of the listener.
 */
export function refuseOverLimit(
  connection: Connection,
  limit: number,
  { reasonCode, cause }: {
    readonly reasonCode: number;
    readonly cause: string;
  },
): void {
  connection.broker.statistics.overLimit[limit]++;
  const logged = `${cause} (limits.${CONNECTION_LIMIT_NAMES[limit]})`;
  refuse(connection, reasonCode, cause, logged);
}

/** The return code of 3.1.1 nearest to a Reason Code; `null` means to close without CONNACK [3.1.1 MQTT-3.2.2-6]. */
function returnCodeFor(reasonCode: number): number | null {
  switch (reasonCode) {
    case ReasonCode.unsupportedProtocolVersion:
      return ConnectReturnCode.unacceptableProtocolVersion;
    case ReasonCode.clientIdentifierNotValid:
      return ConnectReturnCode.identifierRejected;
    case ReasonCode.serverUnavailable:
    case ReasonCode.serverBusy:
    case ReasonCode.quotaExceeded:
    case ReasonCode.connectionRateExceeded:
      return ConnectReturnCode.serverUnavailable;
    case ReasonCode.badUserNameOrPassword:
      return ConnectReturnCode.badUserNameOrPassword;
    case ReasonCode.notAuthorized:
    case ReasonCode.banned:
      return ConnectReturnCode.notAuthorized;
    default:
      return null;
  }
}
