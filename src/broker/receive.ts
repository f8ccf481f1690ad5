import { PacketType } from "../codec/mod.ts";
import { holdUnlessDrained, relieveBackPressure } from "./back_pressure.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import { pumpDeliveries } from "./deliver.ts";
import { dispatchPacket } from "./dispatch.ts";

/**
 * Takes Control Packets out of received bytes, as {@linkcode
 * Connection.receive} says, and hands them to what handles them.
 */
export function receivePackets(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const broker = connection.broker;
  broker.nowMs = broker.clock.nowMs();
  const { scanner, statistics } = broker;
  scanner.maximumPacketSizeBytes = connection.offered.maximumPacketSizeBytes;
  const messagesBefore = statistics.publishReceived;
  const begin = start;
  try {
    while (
      start < end && !connection.isHeld &&
      connection.state !== ConnectionState.closed
    ) {
      if (!scanner.scan(bytes, start, end)) break;
      // Whole packets only: bytes that trickle in are no sign of life.
      connection.lastReceivedMs = broker.nowMs;
      if (connection.hasFreedPlaces && !isAcknowledgement(scanner.firstByte)) {
        useFreedPlaces(connection);
      }
      if (!dispatchPacket(connection, bytes, scanner, end)) break;
      statistics.bytesReceived += scanner.frameEnd - start;
      statistics.packetsReceived++;
      start = scanner.frameEnd;
    }
    if (connection.hasFreedPlaces) useFreedPlaces(connection);
  } catch (error) {
    connection.fail(error);
  }
  const messageCount = statistics.publishReceived - messagesBefore;
  connection.messagesReceived += messageCount;
  connection.bytesReceived += start - begin;
  if (
    connection.rateLimit !== null &&
    connection.state === ConnectionState.connected
  ) {
    connection.rateLimit.charge(messageCount, start - begin);
  }
  holdUnlessDrained(connection);
  broker.flushTouched();
  return connection.state === ConnectionState.closed ? end : start;
}

/** Sends what waited for places that the client has freed. */
function useFreedPlaces(connection: Connection): void {
  connection.hasFreedPlaces = false;
  if (connection.state !== ConnectionState.connected) return;
  pumpDeliveries(connection);
  relieveBackPressure(connection);
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP. */
function isAcknowledgement(firstByte: number): boolean {
  return firstByte >= PacketType.puback << 4 &&
    firstByte < PacketType.subscribe << 4;
}
