import {
  type AcknowledgementType,
  type Packet,
  packetName,
  type PacketType,
  type ProtocolVersion,
} from "../../src/codec/mod.ts";
import { beforeDeadline } from "../interop/_deadline.ts";
import { Client } from "./_client.ts";
import { Trace } from "./_trace.ts";

/** A client that does what the test says, and nothing by itself. */
export class PlainClient extends Client {
  #inbox: Packet[] = [];
  #onArrival: () => void = () => {};

  constructor(
    clientIdentifier: string,
    { version = 5 as ProtocolVersion, isLasting = false } = {},
  ) {
    super({ clientIdentifier, version, isLasting, trace: new Trace() });
  }

  /** Packets that have come and were not asked for. */
  get unreadCount(): number {
    return this.#inbox.length;
  }

  override send(...packets: Packet[]): void {
    super.send(...packets);
  }

  override answer(type: AcknowledgementType, packetIdentifier: number): void {
    super.answer(type, packetIdentifier);
  }

  /** The next packet, which must be of one of `types`. */
  async next<T extends PacketType>(
    ...types: T[]
  ): Promise<Packet & { type: T }> {
    const arrived = Promise.withResolvers<void>();
    this.#onArrival = () => this.#inbox.length > 0 && arrived.resolve();
    this.#onArrival();
    await beforeDeadline(
      Promise.race([arrived.promise, this.failure]),
      `${types.map(packetName)} for ${this.clientIdentifier}`,
    );
    const packet = this.#inbox.shift()!;
    const type = types.find((each) => each === packet.type);
    if (type !== undefined) return packet as Packet & { type: T };
    throw new Error(
      `${this.clientIdentifier} got ${packetName(packet.type)}, not ` +
        types.map(packetName),
    );
  }

  protected override onConnected(): void {}

  protected override onPacket(packet: Packet): void {
    this.#inbox.push(packet);
    this.#onArrival();
  }
}
