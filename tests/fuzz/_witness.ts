import {
  encodePacket,
  type Packet,
  packetName,
  PacketType,
  type PublishPacket,
  type QoS,
} from "../../src/codec/mod.ts";
import {
  connectPacket,
  payloadOf,
  publishPacket,
  subscribePacket,
} from "../broker/_harness.ts";
import { assert, assertEquals } from "../_assert.ts";
import { PacketReader } from "../_packet_reader.ts";

/** Neither name can come out of a mutation by chance. */
const CLIENT_IDENTIFIER = "witness-6b1f0c9a52e84d7f";
const TOPIC_NAME = "witness/9d3e7a10c4f24b86";

/** The way to the broker and back. */
export interface WitnessLink {
  send(bytes: Uint8Array): Promise<void>;
  /** Whatever has come; waits for more, until it is clear that no more comes. */
  receive(): Promise<Uint8Array>;
}

/**
 * A client that does nothing wrong: while others misbehave it has to be
 * served, and must not see anything of them.
 */
export class Witness {
  readonly #link: WitnessLink;
  readonly #reader = new PacketReader(5);
  #inbox: Packet[] = [];
  #lastNumber = 0;

  constructor(link: WitnessLink) {
    this.#link = link;
  }

  /** Connects and subscribes to its own topic. */
  async connect(): Promise<void> {
    await this.#send(connectPacket(CLIENT_IDENTIFIER));
    assertEquals((await this.#next(PacketType.connack)).reasonCode, 0);
    const filter = { topicFilter: TOPIC_NAME, qos: 2 as QoS };
    await this.#send(subscribePacket(1, [filter]));
    assertEquals((await this.#next(PacketType.suback)).reasonCodes, [2]);
  }

  /** Publishes to itself at each QoS, through with it to the end. */
  async roundTrip(): Promise<void> {
    for (const qos of [0, 1, 2] as const) {
      const number = ++this.#lastNumber;
      await this.#send(publishPacket(TOPIC_NAME, `${number}`, {
        qos,
        packetIdentifier: qos === 0 ? 0 : 1,
      }));
      const publish = await this.#throughWith(qos);
      assertEquals(payloadOf(publish), `${number}`);
      assertEquals(publish.qos, qos);
    }
  }

  /** Plays both parties until publisher and subscriber are done. */
  async #throughWith(qos: QoS): Promise<PublishPacket> {
    let publish: PublishPacket | null = null;
    for (let due = [1, 2, 4][qos]; due > 0; due--) {
      const packet = await this.#nextPacket();
      switch (packet.type) {
        case PacketType.publish:
          assertEquals(publish, null);
          publish = packet;
          if (qos === 1) await this.#answer(PacketType.puback, packet);
          if (qos === 2) await this.#answer(PacketType.pubrec, packet);
          break;
        case PacketType.puback:
        case PacketType.pubcomp:
          assertEquals(packet.reasonCode, 0);
          break;
        case PacketType.pubrec:
          assertEquals(packet.reasonCode, 0);
          await this.#answer(PacketType.pubrel, packet);
          break;
        case PacketType.pubrel:
          await this.#answer(PacketType.pubcomp, packet);
          break;
        default:
          assert(false, `the witness got ${packetName(packet.type)}`);
      }
    }
    assert(publish !== null, "the witness's message did not come back");
    return publish;
  }

  #answer(
    type: 4 | 5 | 6 | 7,
    { packetIdentifier }: { readonly packetIdentifier: number },
  ): Promise<void> {
    return this.#send({
      type,
      packetIdentifier,
      reasonCode: 0,
      properties: {},
    });
  }

  #send(packet: Packet): Promise<void> {
    return this.#link.send(encodePacket(packet, 5));
  }

  async #next<T extends PacketType>(type: T): Promise<Packet & { type: T }> {
    const packet = await this.#nextPacket();
    assertEquals(packetName(packet.type), packetName(type));
    return packet as Packet & { type: T };
  }

  async #nextPacket(): Promise<Packet> {
    while (this.#inbox.length === 0) {
      const bytes = await this.#link.receive();
      assert(bytes.length > 0, "the witness is not served");
      this.#inbox.push(...this.#reader.read(bytes));
    }
    return this.#inbox.shift()!;
  }
}
