import { PacketType, type PublishPacket } from "../../src/codec/mod.ts";
import { payloadOf } from "../broker/_harness.ts";
import type { Client } from "./_client.ts";
import { hold } from "./_failure.ts";
import type { Link } from "./_link.ts";
import type { Receipt } from "./_offer.ts";
import { holdExactlyOnce, receive } from "./_receive.ts";
import type { World } from "./_world.ts";

const REFUSAL = 0x83;
/** One message in so many is refused by a client of 5.0. */
const REFUSED_SHARE = 30;

/** The receiving side of a client: what came, and is not confirmed to the end. */
export class Inbox {
  readonly #world: World;
  readonly #client: Client;
  /** QoS 2 messages whose PUBREL has not come. */
  readonly #held = new Map<number, Receipt>();
  /** What counts against Receive Maximum on this connection. */
  readonly #open = new Set<number>();
  readonly #aliases = new Map<number, string>();
  /** The longest time until an acknowledgement goes out. */
  #slownessMs = 0;

  constructor(world: World, client: Client) {
    this.#world = world;
    this.#client = client;
  }

  /** A new connection begins. */
  restart(): void {
    this.#open.clear();
    this.#aliases.clear();
    const { dice, isHealed } = this.#world;
    this.#slownessMs = isHealed ? 0 : dice.pick([0, 10, 2_000]);
  }

  /** Lets no acknowledgement wait any more. */
  hurry(): void {
    this.#slownessMs = 0;
  }

  /** The session is gone, and what is known of it. */
  forget(): void {
    this.#held.clear();
  }

  publish(link: Link, packet: PublishPacket): void {
    const { packetIdentifier, properties, qos } = packet;
    const { receipt, isRepeat } = receive(this.#world.model, link, {
      version: this.#client.version,
      topicName: this.#resolveAlias(link, packet),
      payload: payloadOf(packet),
      tag: properties.contentType ?? payloadOf(packet).replaceAll(".", ""),
      qos,
      isRetained: packet.isRetained,
      isDuplicate: packet.isDuplicate,
      packetIdentifier,
      identifiers: [...properties.subscriptionIdentifiers ?? []]
        .sort((a, b) => a - b),
      expirySeconds: properties.messageExpiryInterval ?? null,
    });
    if (qos === 0) {
      receipt.takenCount++;
      return;
    }
    this.#open.add(packetIdentifier);
    hold(
      this.#open.size <= link.request.receiveMaximum,
      () =>
        `${this.#client.name} has ${this.#open.size} open messages, its ` +
        `Receive Maximum is ${link.request.receiveMaximum}`,
    );
    if (qos === 1) {
      receipt.takenCount++;
      this.#acknowledge(link, PacketType.puback, receipt, this.#mayRefuse());
      return;
    }
    const held = this.#held.get(packetIdentifier);
    if (held !== undefined) {
      hold(
        held === receipt && isRepeat,
        () => `identifier ${packetIdentifier} is that of ${held}: ${receipt}`,
      );
    } else if (this.#mayRefuse()) {
      this.#acknowledge(link, PacketType.pubrec, receipt, true);
      return;
    } else {
      this.#held.set(packetIdentifier, receipt);
      receipt.takenCount++;
      holdExactlyOnce(receipt);
    }
    this.#acknowledge(link, PacketType.pubrec, receipt, false);
  }

  release(link: Link, packetIdentifier: number): void {
    const receipt = this.#held.get(packetIdentifier) ??
      link.session!.open.get(packetIdentifier);
    this.#held.delete(packetIdentifier);
    if (receipt !== undefined) {
      this.#acknowledge(link, PacketType.pubcomp, receipt, false);
    } else {
      this.#client.send({
        type: PacketType.pubcomp,
        packetIdentifier,
        reasonCode: this.#client.version === 5 ? 0x92 : 0,
        properties: {},
      }, { kind: "ping" });
    }
  }

  #acknowledge(
    link: Link,
    type: 4 | 5 | 7,
    receipt: Receipt,
    isRefusal: boolean,
  ): void {
    const { packetIdentifier } = receipt;
    const { dice, scheduler } = this.#world;
    scheduler.after(dice.between(0, this.#slownessMs), () => {
      if (link !== this.#client.link) return;
      if (type !== PacketType.pubrec || isRefusal) {
        this.#open.delete(packetIdentifier);
      }
      this.#client.send({
        type,
        packetIdentifier,
        reasonCode: isRefusal ? REFUSAL : 0,
        properties: {},
      }, { kind: "acknowledge", type, receipt, isRefusal });
    });
  }

  #mayRefuse(): boolean {
    return this.#client.version === 5 && !this.#world.isHealed &&
      this.#world.dice.oneIn(REFUSED_SHARE);
  }

  #resolveAlias(link: Link, { properties, topicName }: PublishPacket): string {
    const { topicAlias } = properties;
    if (topicAlias === undefined) return topicName;
    hold(
      topicAlias <= link.request.topicAliasMaximum,
      () => `${this.#client.name} gets the Topic Alias ${topicAlias}`,
    );
    if (topicName !== "") this.#aliases.set(topicAlias, topicName);
    const known = this.#aliases.get(topicAlias);
    hold(
      known !== undefined,
      () => `the Topic Alias ${topicAlias} is not set`,
    );
    return known;
  }
}
