import { type Packet, PacketType } from "../../src/codec/mod.ts";
import { Client, unexpected } from "./_client.ts";
import { keyOf, type Trace } from "./_trace.ts";

/** Asks once for all retained messages under a filter. */
export class RetainedReader extends Client {
  readonly #found = new Map<string, string>();
  readonly #read = Promise.withResolvers<ReadonlyMap<string, string>>();

  constructor(trace: Trace) {
    super({ clientIdentifier: "reader", version: 5, isLasting: false, trace });
  }

  /** The keys of the retained messages, by topic. */
  read(topicFilter: string): Promise<ReadonlyMap<string, string>> {
    const subscription = {
      topicFilter,
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    } as const;
    this.send({
      type: PacketType.subscribe,
      packetIdentifier: 1,
      subscriptions: [subscription],
      properties: {},
    });
    this.send({ type: PacketType.pingreq });
    return this.#read.promise;
  }

  protected override onConnected(): void {}

  protected override onPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.suback:
        return;
      case PacketType.publish: {
        // Live messages may come already.
        if (!packet.isRetained) return;
        this.#found.set(packet.topicName, keyOf(packet.payload));
        return;
      }
      case PacketType.pingresp:
        return this.#read.resolve(this.#found);
      default:
        throw unexpected(this, packet);
    }
  }
}
