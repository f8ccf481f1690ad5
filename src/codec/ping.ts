import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { packetName, PacketType } from "./packet_type.ts";
import type { PingreqPacket, PingrespPacket } from "./packets.ts";

/**
 * Decodes a PINGREQ.
 * @throws {MalformedPacketError} If it has a body.
 */
export function decodePingreq(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
): PingreqPacket {
  const type = PacketType.pingreq;
  new PacketReader(bytes, bodyStart, frameEnd, packetName(type)).expectEnd();
  return { type };
}

/**
 * Decodes a PINGRESP.
 * @throws {MalformedPacketError} If it has a body.
 */
export function decodePingresp(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
): PingrespPacket {
  const type = PacketType.pingresp;
  new PacketReader(bytes, bodyStart, frameEnd, packetName(type)).expectEnd();
  return { type };
}

/** Encodes a PINGREQ or PINGRESP: two bytes in every version. */
export function writePing(
  out: ByteWriter,
  packet: PingreqPacket | PingrespPacket,
): void {
  out.writeUint8(packet.type << 4);
  out.writeUint8(0);
}
