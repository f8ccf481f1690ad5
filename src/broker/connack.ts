import {
  type ConnackPacket,
  type ConnectPacket,
  encodePacket,
  PacketType,
  type Properties,
  ReasonCode,
} from "../codec/mod.ts";
import { SESSION_NEVER_EXPIRES } from "../session/mod.ts";
import type { Connection } from "./connection.ts";
import { grantSessionExpiry } from "./limits.ts";

/** What Receive Maximum is when CONNECT or CONNACK do not say. */
export const DEFAULT_RECEIVE_MAXIMUM = 65_535;

/** The Session Expiry Interval in force, in seconds; 3.1.1 knows 0 and never. */
export function sessionExpiry(
  connection: Connection,
  connect: ConnectPacket,
): number {
  const asked = connect.protocolVersion === 5
    ? connect.properties.sessionExpiryInterval ?? 0
    : connect.cleanStart
    ? 0
    : SESSION_NEVER_EXPIRES;
  return grantSessionExpiry(connection.offered, asked);
}

/** Whether the client can be told that it is let in [MQTT-3.1.2-24]. */
export function fitsConnack(
  connection: Connection,
  connect: ConnectPacket,
): boolean {
  const { maximumPacketSizeBytes, protocolVersion } = connection;
  if (maximumPacketSizeBytes === Infinity) return true;
  const connack = makeConnack(connection, connect, false);
  return encodePacket(connack, protocolVersion).length <=
    maximumPacketSizeBytes;
}

/** The CONNACK that lets a client in [MQTT-3.1.4-5]. */
export function makeConnack(
  connection: Connection,
  connect: ConnectPacket,
  isPresent: boolean,
): ConnackPacket {
  return {
    type: PacketType.connack,
    sessionPresent: isPresent && connect.protocolVersion !== 3,
    reasonCode: ReasonCode.success,
    properties: connackProperties(connection, connect),
  };
}

/** Only what differs from the defaults of the standard. */
function connackProperties(
  connection: Connection,
  connect: ConnectPacket,
): Properties {
  if (connect.protocolVersion !== 5) return {};
  const { offered } = connection;
  const properties: Properties = {};
  const expirySeconds = sessionExpiry(connection, connect);
  if (expirySeconds !== (connect.properties.sessionExpiryInterval ?? 0)) {
    properties.sessionExpiryInterval = expirySeconds;
  }
  if (offered.receiveMaximum < DEFAULT_RECEIVE_MAXIMUM) {
    properties.receiveMaximum = offered.receiveMaximum;
  }
  if (offered.maximumQos < 2) properties.maximumQos = offered.maximumQos;
  if (!offered.retainAvailable) properties.retainAvailable = 0;
  properties.maximumPacketSize = offered.maximumPacketSizeBytes;
  if (connect.clientIdentifier === "") {
    properties.assignedClientIdentifier = connection.clientIdentifier;
  }
  if (offered.topicAliasMaximum > 0) {
    properties.topicAliasMaximum = offered.topicAliasMaximum;
  }
  const { method, finalData } = connection.login;
  if (method !== null) {
    properties.authenticationMethod = method;
    if (finalData !== null) properties.authenticationData = finalData;
  }
  if (!offered.wildcardSubscriptionAvailable) {
    properties.wildcardSubscriptionAvailable = 0;
  }
  if (!offered.subscriptionIdentifierAvailable) {
    properties.subscriptionIdentifierAvailable = 0;
  }
  if (!offered.sharedSubscriptionAvailable) {
    properties.sharedSubscriptionAvailable = 0;
  }
  if (connection.keepAliveSeconds !== connect.keepAliveSeconds) {
    properties.serverKeepAlive = connection.keepAliveSeconds;
  }
  return properties;
}
