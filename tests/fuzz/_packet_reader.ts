import {
  decodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type Packet,
  type ProtocolVersion,
} from "../../src/codec/mod.ts";
import { concatenate } from "./_fuzz_case.ts";

/** Takes the packets of a server out of the byte stream it sends. */
export class PacketReader {
  readonly #version: ProtocolVersion;
  readonly #scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  #rest = new Uint8Array(0);

  constructor(version: ProtocolVersion) {
    this.#version = version;
  }

  /** Bytes of a packet whose end has not come. */
  get restBytes(): number {
    return this.#rest.length;
  }

  /** @throws {MqttError} If the server sends what no server may. */
  read(received: Uint8Array): Packet[] {
    const bytes = concatenate([this.#rest, received]);
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
