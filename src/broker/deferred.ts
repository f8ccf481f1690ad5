import {
  type AcknowledgementType,
  type Packet,
  ReasonCode,
  writeAcknowledgement,
  writePacket,
} from "../codec/mod.ts";
import type { Waiting } from "../session/mod.ts";
import { type Connection, ConnectionState } from "./connection.ts";

/** A packet that goes out when what it confirms is safe, if its connection still stands. */
class DeferredPacket implements Waiting {
  readonly #connection: Connection;
  readonly #packet: Packet;

  constructor(connection: Connection, packet: Packet) {
    this.#connection = connection;
    this.#packet = packet;
  }

  proceed(): void {
    if (this.#connection.state !== ConnectionState.connected) return;
    sendNow(this.#connection, this.#packet);
  }
}

/**
 * Sends `packet`, which confirms a change to the session of `connection`: at
 * once, or when the change is stored.
 */
export function confirm(connection: Connection, packet: Packet): void {
  const { store } = connection.broker;
  if (store.isAwaited && connection.session!.isPersistent) {
    store.afterCommit(new DeferredPacket(connection, packet), true);
  } else {
    sendNow(connection, packet);
  }
}

function sendNow(connection: Connection, packet: Packet): void {
  writePacket(connection.output, packet, connection.protocolVersion, {
    maximumPacketSizeBytes: connection.maximumPacketSizeBytes,
  });
  connection.touch();
}

/** Writes PUBREL or PUBCOMP without delay. */
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
  connection.touch();
}
