import {
  encodePacket,
  type Packet,
  packetName,
  PacketType,
  type PublishPacket,
  type QoS,
} from "../../src/codec/mod.ts";
import { connectPacket, subscribePacket } from "../broker/_harness.ts";
import { PacketReader } from "../_packet_reader.ts";
import { hold } from "./_failure.ts";
import type {
  ConnectRequest,
  Meaning,
  SubscribeLabel,
  UnsubscribeLabel,
} from "./_labels.ts";
import type { Link } from "./_link.ts";
import type { Message } from "./_message.ts";
import type { ModelSession, ModelSubscription } from "./_model_session.ts";
import { Inbox } from "./_inbox.ts";
import { messageProperties, Outbox } from "./_outbox.ts";
import { userOf } from "./_users.ts";
import type { World } from "./_world.ts";

/**
 * A client that keeps to the standard as publisher and as subscriber, and its
 * Session State over all its connections.
 */
export class Client {
  readonly name: string;
  readonly index: number;
  readonly version: 4 | 5;
  /** The connection in use; older ones may still be open. */
  link: Link | null = null;
  /** CONNACK has come. */
  isConnected = false;
  /** The client has lost its state, and has to ask for a Clean Start. */
  hasLostState = true;
  readonly #world: World;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #reader = new PacketReader(5);
  #requests = new Map<number, SubscribeLabel | UnsubscribeLabel>();
  /** What its state belongs to. */
  #session: ModelSession | null = null;

  constructor(world: World, index: number, version: 4 | 5) {
    this.#world = world;
    this.index = index;
    this.name = `client-${index}`;
    this.version = version;
    this.#inbox = new Inbox(world, this);
    this.#outbox = new Outbox(world, this);
  }

  /** Messages that wait for the broker, or for its last word. */
  get unfinishedCount(): number {
    return this.#outbox.unfinishedCount + this.#requests.size;
  }

  /** Acknowledges without delay from now on. */
  hurry(): void {
    this.#inbox.hurry();
  }

  /** Opens a connection; one that is open is left to the broker to end. */
  connect(request: ConnectRequest): void {
    const link = this.#world.openLink(this, request);
    if (link === null) return;
    this.link = link;
    this.isConnected = false;
    this.#requests.clear();
    this.#reader = new PacketReader(this.version, request.maximumPacketSize);
    this.#inbox.restart();
    const { will } = request;
    const packet = connectPacket(this.name, {
      protocolVersion: this.version,
      userName: userOf(this.name),
      cleanStart: request.cleanStart,
      keepAliveSeconds: request.keepAliveSeconds,
      properties: {
        sessionExpiryInterval: request.expirySeconds,
        receiveMaximum: request.receiveMaximum,
        topicAliasMaximum: request.topicAliasMaximum,
        ...(Number.isFinite(request.maximumPacketSize)
          ? { maximumPacketSize: request.maximumPacketSize }
          : {}),
      },
      ...(will === null ? {} : {
        willMessage: {
          topicName: will.message.topicName,
          payload: encoder.encode(will.message.payload),
          qos: will.message.qos,
          isRetained: will.message.isRetained,
          properties: {
            willDelayInterval: will.delaySeconds,
            ...messageProperties(will.message),
          },
        },
      }),
    });
    this.send(packet, { kind: "connect" });
    this.#keepAlive(link, request.keepAliveSeconds * 700);
  }

  /** Publishes now, or as soon as the broker lets it. */
  publish(message: Message): void {
    this.#outbox.publish(message);
  }

  subscribe(
    subscriptions: readonly ModelSubscription[],
    retainHandlings: readonly (0 | 1 | 2)[],
  ): void {
    const label: SubscribeLabel = {
      kind: "subscribe",
      subscriptions,
      retainHandlings,
      expected: [],
      handledStep: Infinity,
      isPromised: false,
    };
    const packetIdentifier = this.#outbox.takeIdentifier(this.#requests);
    const { identifier } = subscriptions[0];
    const packet = subscribePacket(
      packetIdentifier,
      subscriptions.map((subscription, index) => ({
        topicFilter: subscription.key,
        qos: subscription.qos as QoS,
        noLocal: subscription.noLocal,
        retainAsPublished: subscription.retainAsPublished,
        retainHandling: retainHandlings[index],
      })),
      identifier > 0 ? { subscriptionIdentifiers: [identifier] } : {},
    );
    this.#requests.set(packetIdentifier, label);
    this.send(packet, label);
  }

  unsubscribe(keys: readonly string[]): void {
    const label: UnsubscribeLabel = {
      kind: "unsubscribe",
      keys,
      expected: [],
      handledStep: Infinity,
      isPromised: false,
    };
    const packetIdentifier = this.#outbox.takeIdentifier(this.#requests);
    this.#requests.set(packetIdentifier, label);
    const topicFilters = [...keys];
    this.send({
      type: PacketType.unsubscribe,
      packetIdentifier,
      topicFilters,
      properties: {},
    }, label);
  }

  /** Says good-bye; the Reason Code 0x04 keeps the Will. */
  disconnect(reasonCode: number, expirySeconds: number | null): void {
    const { link } = this;
    if (link === null) return;
    this.send({
      type: PacketType.disconnect,
      reasonCode,
      properties: expirySeconds === null
        ? {}
        : { sessionExpiryInterval: expirySeconds },
    }, { kind: "disconnect", reasonCode, expirySeconds });
    link.close();
    this.#leave();
  }

  /** Goes away without a word, in one of the ways in which that can happen. */
  crash(isSilent: boolean): void {
    if (isSilent) this.link?.goSilent();
    else this.link?.cut();
    this.#leave();
  }

  /** Sends bytes that no client may send. */
  violate(bytes: Uint8Array, name: string): void {
    this.link?.send(bytes, { kind: "violation", name });
    this.#leave();
  }

  loseState(): void {
    this.hasLostState = true;
    this.#forget();
  }

  /** The broker has crashed: every connection is gone with it. */
  onBrokerCrash(): void {
    this.#leave();
  }

  onClosed(link: Link): void {
    if (link === this.link) this.#leave();
  }

  onBytes(link: Link, bytes: Uint8Array): void {
    if (link !== this.link) return;
    for (const packet of this.#reader.read(bytes)) {
      if (link === this.link) this.#onPacket(link, packet);
    }
  }

  send(packet: Packet, meaning: Meaning): void {
    this.#world.trace(() =>
      `${this.name} sends ${packetName(packet.type)} ${describe(packet)}`
    );
    this.link?.send(encodePacket(packet, this.version), meaning);
  }

  #leave(): void {
    this.link = null;
    this.isConnected = false;
    this.#requests.clear();
  }

  #forget(): void {
    this.#outbox.forget();
    this.#inbox.forget();
  }

  /** Sends PINGREQ as long as the connection lasts. */
  #keepAlive(link: Link, intervalMs: number): void {
    if (intervalMs === 0) return;
    this.#world.scheduler.after(intervalMs, () => {
      if (link !== this.link) return;
      if (this.isConnected) {
        this.send({ type: PacketType.pingreq }, { kind: "ping" });
      }
      this.#keepAlive(link, intervalMs);
    });
  }

  #onPacket(link: Link, packet: Packet): void {
    this.#world.trace(() =>
      `${this.name} gets ${packetName(packet.type)} ${describe(packet)}`
    );
    switch (packet.type) {
      case PacketType.connack:
        hold(
          packet.reasonCode === 0 || link.isRefused || link.mayBeRefused,
          () => `${this.name} is refused with ${packet.reasonCode}`,
        );
        if (packet.reasonCode !== 0) return;
        this.#outbox.restart(packet.properties);
        return this.#accepted(link, packet.sessionPresent);
      case PacketType.publish:
        return this.#inbox.publish(link, packet);
      case PacketType.pubrel:
        return this.#inbox.release(link, packet.packetIdentifier);
      case PacketType.puback:
        return this.#outbox.onPuback(packet);
      case PacketType.pubrec:
        return this.#outbox.onPubrec(packet);
      case PacketType.pubcomp:
        return this.#outbox.onPubcomp(packet);
      case PacketType.suback:
      case PacketType.unsuback:
        return this.#answered(packet.packetIdentifier, packet.reasonCodes);
      case PacketType.pingresp:
        return;
      case PacketType.disconnect:
        hold(this.version === 5, () => `${this.name} of 3.1.1 gets DISCONNECT`);
        return;
      default:
        hold(false, () => `${this.name} gets packet type ${packet.type}`);
    }
  }

  #accepted(link: Link, isPresent: boolean): void {
    hold(
      isPresent === link.expectedPresent,
      () => `${this.name} gets Session Present ${isPresent}`,
    );
    hold(
      !isPresent || !this.hasLostState,
      () => `${this.name} finds a session that it asked to be discarded`,
    );
    link.isAnnounced = true;
    this.isConnected = true;
    this.hasLostState = false;
    // Whose CONNACK gets lost cannot know that a session has begun anew: the
    // standard has no remedy, so the client is told.
    if (link.session !== this.#session) this.#forget();
    this.#session = link.session;
    this.#outbox.resume();
  }

  #answered(packetIdentifier: number, reasonCodes: readonly number[]): void {
    const label = this.#requests.get(packetIdentifier);
    hold(
      label !== undefined,
      () => `${this.name} gets an answer ${packetIdentifier} for nothing`,
    );
    this.#requests.delete(packetIdentifier);
    label.isPromised = true;
    // UNSUBACK of 3.1.1 has no codes.
    if (this.version === 4 && label.kind === "unsubscribe") return;
    hold(
      reasonCodes.join() === label.expected.join(),
      () =>
        `${this.name} gets ${reasonCodes} for ${label.kind}, not ` +
        `${label.expected}`,
    );
  }
}

const encoder = new TextEncoder();

/** The fields that matter when one reads what happened. */
function describe(packet: Packet): string {
  const fields: Record<string, unknown> = { ...packet };
  delete fields.type;
  if ("payload" in packet) {
    fields.payload = decoder.decode((packet as PublishPacket).payload)
      .slice(0, 12);
  }
  return JSON.stringify(fields);
}

const decoder = new TextDecoder();
