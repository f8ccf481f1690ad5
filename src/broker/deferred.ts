import {
  type AcknowledgementType,
  type Packet,
  ProtocolError,
  ReasonCode,
  writeAcknowledgement,
  writePacket,
} from "../codec/mod.ts";
import type { Waiting } from "../session/mod.ts";
import { type Connection, ConnectionState } from "./connection.ts";

/** Requests of one client that wait for the store; no further one is read then. */
const MAXIMUM_DEFERRED = 256;

/** A packet that goes out when what it confirms is safe, if its connection still stands. */
class DeferredPacket implements Waiting {
  readonly #connection: Connection;
  readonly #packet: Packet;

  constructor(connection: Connection, packet: Packet) {
    this.#connection = connection;
    this.#packet = packet;
    connection.deferredCount++;
    if (connection.deferredCount === MAXIMUM_DEFERRED) connection.hold();
  }

  proceed(): void {
    const connection = this.#connection;
    if (connection.deferredCount === MAXIMUM_DEFERRED) connection.release();
    connection.deferredCount--;
    if (this.#connection.state !== ConnectionState.connected) return;
    try {
      sendNow(this.#connection, this.#packet);
    } catch (error) {
      this.#connection.fail(error);
    }
  }
}

/**
 * Sends `packet`, which confirms a change to the session of `connection`: at
 * once, or when the change is stored.
 * @throws {ProtocolError} As {@linkcode sendNow} does.
 */
export function confirm(connection: Connection, packet: Packet): void {
  const { store } = connection.broker;
  if (store.isAwaited && connection.session!.isRecorded) {
    store.afterCommit(new DeferredPacket(connection, packet), true);
  } else {
    sendNow(connection, packet);
  }
}

/**
 * Sends the answer to a request.
 * @throws {ProtocolError} With 0x95 if the client cannot take it: one request
 * asked for more than its Maximum Packet Size lets it hear [MQTT-3.1.2-24].
 */
export function sendNow(connection: Connection, packet: Packet): void {
  const { maximumPacketSizeBytes } = connection;
  const isWritten = writePacket(
    connection.output,
    packet,
    connection.protocolVersion,
    { maximumPacketSizeBytes },
  );
  if (!isWritten) {
    throw new ProtocolError(
      "Cannot answer the request: the answer would exceed the Maximum Packet " +
        `Size of ${maximumPacketSizeBytes}`,
      ReasonCode.packetTooLarge,
    );
  }
  connection.broker.statistics.repliesSent++;
  connection.touch();
}

/** Writes PUBACK, PUBREC, PUBREL or PUBCOMP without delay. */
export function writeReply(
  connection: Connection,
  type: AcknowledgementType,
  packetIdentifier: number,
  reasonCode: number = ReasonCode.success,
): void {
  writeAcknowledgement(
    connection.output,
    type,
    packetIdentifier,
    reasonCode,
    connection.protocolVersion,
  );
  connection.broker.statistics.repliesSent++;
  connection.touch();
}
