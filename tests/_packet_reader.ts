import {
  decodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type Packet,
  type ProtocolVersion,
} from "../src/codec/mod.ts";

/** Takes the packets of a server out of the byte stream it sends. */
export class PacketReader {
  readonly #version: ProtocolVersion;
  readonly #scanner: FrameScanner;
  #rest = new Uint8Array(0);

  constructor(
    version: ProtocolVersion,
    maximumPacketSizeBytes = MAXIMUM_PACKET_SIZE_BYTES,
  ) {
    this.#version = version;
    this.#scanner = new FrameScanner(maximumPacketSizeBytes);
  }

  /** Bytes of a packet whose end has not come. */
  get restBytes(): number {
    return this.#rest.length;
  }

  /** @throws {MqttError} If the server sends what no server may. */
  read(received: Uint8Array): Packet[] {
    let bytes = received;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + received.length);
      bytes.set(this.#rest);
      bytes.set(received, this.#rest.length);
    }
    const packets: Packet[] = [];
    let start = 0;
    while (this.#scanner.scan(bytes, start, bytes.length)) {
      packets.push(
        decodePacket(bytes, this.#scanner, this.#version, "server"),
      );
      start = this.#scanner.frameEnd;
    }
    this.#rest = bytes.slice(start);
    return packets;
  }
}
