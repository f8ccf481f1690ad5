import {
  type DisconnectPacket,
  ProtocolError,
  ReasonCode,
  writePacket,
} from "../codec/mod.ts";
import type { Connection } from "./connection.ts";
import { grantSessionExpiry } from "./limits.ts";
import { toReasonString } from "./reason_string.ts";

/**
 * DISCONNECT from the client: with Reason Code 0x00 the Will is dropped
 * unpublished, with any other it stays in force [MQTT-3.14.4-3].
 * @throws {ProtocolError} If it sets a Session Expiry Interval after 0 in CONNECT [MQTT-3.14.2-2].
 */
export function handleDisconnect(
  connection: Connection,
  packet: DisconnectPacket,
): void {
  const session = connection.session!;
  const expiry = packet.properties.sessionExpiryInterval;
  if (expiry !== undefined) {
    if (session.expiryIntervalSeconds === 0 && expiry !== 0) {
      throw new ProtocolError(
        `Cannot accept DISCONNECT: Session Expiry Interval is ${expiry}, ` +
          "but was 0 in CONNECT",
      );
    }
    session.expiryIntervalSeconds = grantSessionExpiry(
      connection.listener.limits,
      expiry,
    );
  }
  if (packet.reasonCode === ReasonCode.normalDisconnection) session.will = null;
  connection.end(packet.reasonCode, "DISCONNECT from the client");
}

/** DISCONNECT to a 5.0 client; `cause` is for it to read, if it wants that. */
export function writeDisconnect(
  connection: Connection,
  reasonCode: number,
  cause: string,
): void {
  const properties = connection.requestsProblemInformation && reasonCode !== 0
    ? { reasonString: toReasonString(cause) }
    : {};
  writePacket(
    connection.output,
    { type: 14, reasonCode, properties },
    5,
    { maximumPacketSizeBytes: connection.maximumPacketSizeBytes },
  );
  connection.broker.statistics.repliesSent++;
}
