import type {
  ClientTransport,
  TransportReceiver,
} from "../../src/client/transport.ts";
import {
  decodePacket,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type Packet,
  type Properties,
  type ProtocolVersion,
  type QoS,
} from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { settle } from "./_fake_clock.ts";

/** The packet of this type; that of the acknowledgements has four. */
type PacketOf<Type> = Packet extends infer One
  ? One extends { type: infer Types } ? Type extends Types ? One : never
  : never
  : never;

/** The parts of a PUBLISH that a test wants to say. */
export interface TestPublish {
  readonly topicName?: string;
  readonly payload?: string;
  readonly qos?: QoS;
  readonly packetIdentifier?: number;
  readonly isDuplicate?: boolean;
  readonly isRetained?: boolean;
  readonly properties?: Properties;
}

/** One connection of a client, with the test as the server. */
export class FakeLink implements ClientTransport {
  canHold = true;
  /** While true nothing that the client sends gets out. */
  isStuck = false;
  isClosed = false;
  readonly #scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  readonly #packets: Packet[] = [];
  readonly #waiting: ((packet: Packet) => void)[] = [];
  #receiver: TransportReceiver | null = null;
  /** Of the CONNECT. */
  #protocolVersion: ProtocolVersion = 5;
  /** What the client is held back from reading. */
  #unread = new Uint8Array(0);

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
  }

  schedule(flush: () => void): void {
    queueMicrotask(flush);
  }

  send(bytes: Uint8Array): void {
    const { length } = bytes;
    for (let start = 0; start < length; start = this.#scanner.frameEnd) {
      assertEquals(this.#scanner.scan(bytes, start, length), true);
      this.#arrived(
        decodePacket(bytes, this.#scanner, this.#protocolVersion, "client"),
      );
    }
    if (!this.isStuck) queueMicrotask(() => this.#receiver?.sent());
  }

  resume(): void {
    queueMicrotask(() => this.receiveBytes(new Uint8Array(0)));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    queueMicrotask(() => this.#receiver?.transportClosed(null));
  }

  /** Whether there is something that the client does not read. */
  get isHeld(): boolean {
    return this.#unread.length > 0;
  }

  /** The next packet of the client. */
  next(): Promise<Packet> {
    const packet = this.#packets.shift();
    if (packet !== undefined) return Promise.resolve(packet);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next packet, which must be of this type. */
  async take<Type extends Packet["type"]>(
    type: Type,
  ): Promise<PacketOf<Type>> {
    const packet = await this.next();
    assertEquals(packet.type, type, `got ${JSON.stringify(packet)}`);
    return packet as PacketOf<Type>;
  }

  /** The packets that have come and were not taken. */
  async rest(): Promise<Packet[]> {
    await settle();
    return this.#packets.splice(0);
  }

  /** Sends packets to the client, all in one read. */
  reply(...packets: Packet[]): void {
    const frames = packets.map((packet) =>
      encodePacket(packet, this.#protocolVersion)
    );
    this.receiveBytes(concat(frames));
  }

  /** Has the client receive `bytes`, behind what it has not read. */
  receiveBytes(bytes: Uint8Array): void {
    const all = concat([this.#unread, bytes]);
    if (this.#receiver === null || this.isClosed) return;
    const taken = this.#receiver.receive(all, 0, all.length);
    this.#unread = all.slice(taken);
  }

  acknowledge(
    type: 4 | 5 | 6 | 7,
    packetIdentifier: number,
    reasonCode = 0,
    properties: Properties = {},
  ): void {
    this.reply({ type, packetIdentifier, reasonCode, properties });
  }

  publish(publish: TestPublish = {}): void {
    this.reply(toPublish(publish));
  }

  /** What was sent last has gone out after all. */
  unstick(): void {
    this.isStuck = false;
    this.#receiver?.sent();
  }

  /** Breaks the connection. */
  async break(error: unknown = new Error("cable cut")): Promise<void> {
    this.isClosed = true;
    this.#receiver?.transportClosed(error);
    await settle();
  }

  #arrived(packet: Packet): void {
    if (packet.type === 1) this.#protocolVersion = packet.protocolVersion;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#packets.push(packet);
    else waiting(packet);
  }
}

/** The whole PUBLISH behind a {@linkcode TestPublish}. */
export function toPublish(
  { topicName = "a", payload = "p", qos = 0, ...rest }: TestPublish,
): Packet {
  return {
    type: 3,
    topicName,
    payload: new TextEncoder().encode(payload),
    qos,
    isDuplicate: rest.isDuplicate ?? false,
    isRetained: rest.isRetained ?? false,
    packetIdentifier: rest.packetIdentifier ?? (qos === 0 ? 0 : 1),
    properties: rest.properties ?? {},
  };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, { length }) => sum + length, 0);
  const all = new Uint8Array(sizeBytes);
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}
