import { PacketType } from "../codec/mod.ts";
import { useFreedPlaces } from "./acknowledge.ts";
import { holdUnlessDrained } from "./back_pressure.ts";
import { type Connection, ConnectionState } from "./connection.ts";
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
      if (connection.hasFreedPlaces && !endsDelivery(scanner.firstByte)) {
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

/**
 * PUBACK or PUBCOMP: they have no answer, which could overtake what is sent
 * into the places that the packets before have freed.
 */
function endsDelivery(firstByte: number): boolean {
  const type = firstByte >> 4;
  return type === PacketType.puback || type === PacketType.pubcomp;
}
