import {
  decodePacket,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type Packet,
  PacketType,
  type ProtocolVersion,
} from "../../../src/codec/mod.ts";

/** A server that says yes to everything and keeps what it was sent. */
export class CaptureServer implements AsyncDisposable {
  readonly #listener: Deno.Listener;
  readonly #served: Promise<void>;
  #packets: Packet[] = [];
  #finished = Promise.withResolvers<void>();

  constructor(listener: Deno.Listener) {
    this.#listener = listener;
    this.#served = this.#serve();
  }

  static listen(): CaptureServer {
    return new CaptureServer(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** The packets of the next connection, when it has ended. */
  async next(): Promise<Packet[]> {
    await this.#finished.promise;
    this.#finished = Promise.withResolvers();
    const packets = this.#packets;
    this.#packets = [];
    return packets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#served;
  }

  async #serve(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        await this.#answer(connection).catch(() => {});
        this.#finished.resolve();
      }
    } catch {
      // A listener that is closed while it accepts says so.
    }
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    using socket = connection;
    const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
    const buffer = new Uint8Array(65_536);
    let version: ProtocolVersion = 4;
    let filled = 0;
    for (;;) {
      const count = await socket.read(buffer.subarray(filled));
      if (count === null) return;
      filled += count;
      let start = 0;
      while (scanner.scan(buffer, start, filled)) {
        const packet = decodePacket(buffer, scanner, version, "client");
        if (packet.type === PacketType.connect) {
          version = packet.protocolVersion;
        }
        this.#packets.push(packet);
        const answer = answerOf(packet);
        if (answer !== null) await socket.write(encodePacket(answer, version));
        start = scanner.frameEnd;
      }
      buffer.copyWithin(0, start, filled);
      filled -= start;
    }
  }
}

function answerOf(packet: Packet): Packet | null {
  switch (packet.type) {
    case PacketType.connect:
      return {
        type: PacketType.connack,
        sessionPresent: false,
        reasonCode: 0,
        properties: packet.protocolVersion === 5
          ? { topicAliasMaximum: 10 }
          : {},
      };
    case PacketType.subscribe:
      return {
        type: PacketType.suback,
        packetIdentifier: packet.packetIdentifier,
        reasonCodes: packet.subscriptions.map(({ qos }) => qos),
        properties: {},
      };
    case PacketType.unsubscribe:
      return {
        type: PacketType.unsuback,
        packetIdentifier: packet.packetIdentifier,
        reasonCodes: packet.topicFilters.map(() => 0),
        properties: {},
      };
    case PacketType.publish:
      if (packet.qos === 0) return null;
      return answer(
        packet.qos === 1 ? PacketType.puback : PacketType.pubrec,
        packet.packetIdentifier,
      );
    case PacketType.pubrel:
      return answer(PacketType.pubcomp, packet.packetIdentifier);
    default:
      return null;
  }
}

function answer(type: 4 | 5 | 7, packetIdentifier: number): Packet {
  return { type, packetIdentifier, reasonCode: 0, properties: {} };
}
