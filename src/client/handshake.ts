import {
  type ConnackPacket,
  type ConnectPacket,
  MqttError,
  type Properties,
  ProtocolError,
  ReasonCode,
} from "../codec/mod.ts";
import type { Settings } from "./settings.ts";

/** What a CONNECT says beside the settings. */
export interface ConnectState {
  /** The one of the settings, or the one that the server assigned. */
  readonly clientIdentifier: string;
  /** Whether the client had a connection before. */
  readonly isReconnect: boolean;
  readonly authenticationData: Uint8Array | undefined;
}

/** The CONNECT of a new connection. */
export function toConnectPacket(
  settings: Settings,
  { clientIdentifier, isReconnect, authenticationData }: ConnectState,
): ConnectPacket {
  const { protocolVersion, cleanStart } = settings;
  return {
    type: 1,
    protocolVersion,
    // In 3.1.1 it is Clean Session, which says how this session ends as well.
    cleanStart: protocolVersion === 5 && isReconnect ? false : cleanStart,
    keepAliveSeconds: settings.keepAliveSeconds,
    clientIdentifier,
    willMessage: settings.willMessage,
    userName: settings.userName,
    password: settings.password,
    properties: toProperties(settings, authenticationData),
  };
}

function toProperties(
  settings: Settings,
  authenticationData: Uint8Array | undefined,
): Properties {
  return {
    sessionExpiryInterval: settings.sessionExpiryIntervalSeconds || undefined,
    receiveMaximum: settings.receiveMaximum,
    maximumPacketSize: settings.maximumPacketSizeBytes,
    topicAliasMaximum: settings.topicAliasMaximum || undefined,
    requestResponseInformation: settings.requestResponseInformation
      ? 1
      : undefined,
    userProperties: settings.userProperties,
    authenticationMethod: settings.authentication?.method,
    authenticationData,
  };
}

/** Reason Codes of 5.0 for the return codes of 3.1.1. */
const reasonCodes = [
  ReasonCode.success,
  ReasonCode.unsupportedProtocolVersion,
  ReasonCode.clientIdentifierNotValid,
  ReasonCode.serverUnavailable,
  ReasonCode.badUserNameOrPassword,
  ReasonCode.notAuthorized,
];

/**
 * Holds `connack` against the CONNECT that it answers.
 * @throws {MqttError} With the server's Reason Code if it refuses.
 * @throws {ProtocolError} If it resumes a session that the client has asked it
 * to forget [MQTT-3.2.2-4].
 */
export function checkConnack(
  connack: ConnackPacket,
  connect: ConnectPacket,
): void {
  const reasonCode = connect.protocolVersion === 5
    ? connack.reasonCode
    : reasonCodes[connack.reasonCode];
  if (reasonCode !== ReasonCode.success) {
    throw new MqttError(
      `Cannot connect: the server answers "${nameOf(reasonCode)}"` +
        explanation(connack.properties),
      reasonCode,
    );
  }
  if (connack.sessionPresent && connect.cleanStart) {
    throw new ProtocolError(
      "Cannot accept CONNACK: Session Present is 1 after Clean Start 1",
    );
  }
}

/** The error behind a DISCONNECT of the server. */
export function disconnectError(
  reasonCode: number,
  properties: Properties,
): MqttError {
  return new MqttError(
    `Lost the connection: the server says "${nameOf(reasonCode)}"` +
      explanation(properties),
    reasonCode,
  );
}

function explanation({ reasonString }: Properties): string {
  return reasonString === undefined ? "" : `: ${reasonString}`;
}

/** "not authorized": the names of the standard are too many for a bundle. */
function nameOf(reasonCode: number): string {
  const name = Object.entries(ReasonCode)
    .find(([, code]) => code === reasonCode)?.[0] ?? `reason ${reasonCode}`;
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
