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
  publishPacket,
  subscribePacket,
} from "../broker/_harness.ts";
import { PacketReader } from "../_packet_reader.ts";
import { hold } from "./_failure.ts";
import type {
  ConnectRequest,
  Meaning,
  PublishLabel,
  ReleaseLabel,
  SubscribeLabel,
  UnsubscribeLabel,
} from "./_labels.ts";
import type { Link } from "./_link.ts";
import type { Message } from "./_message.ts";
import type { ModelSession, ModelSubscription } from "./_model_session.ts";
import { Inbox } from "./_inbox.ts";
import type { World } from "./_world.ts";

const UNLIMITED = 65_535;

/** A message of the client's own that the broker has not confirmed to the end. */
interface Exchange {
  readonly message: Message;
  readonly packetIdentifier: number;
  label: PublishLabel | null;
  releaseLabel: ReleaseLabel | null;
  /** PUBREC has come: what is due is PUBREL. */
  isReleased: boolean;
}

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
  #reader = new PacketReader(5);
  #exchanges = new Map<number, Exchange>();
  #requests = new Map<number, SubscribeLabel | UnsubscribeLabel>();
  #waiting: Message[] = [];
  /** What its state belongs to. */
  #session: ModelSession | null = null;
  #lastIdentifier = 0;
  #receiveMaximum = UNLIMITED;
  #topicAliasMaximum = 0;
  #aliases = new Map<string, number>();

  constructor(world: World, index: number, version: 4 | 5) {
    this.#world = world;
    this.index = index;
    this.name = `client-${index}`;
    this.version = version;
    this.#inbox = new Inbox(world, this);
  }

  /** Messages that wait for the broker, or for its last word. */
  get unfinishedCount(): number {
    return this.#exchanges.size + this.#waiting.length + this.#requests.size;
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
            ...propertiesOf(will.message),
          },
        },
      }),
    });
    this.send(packet, { kind: "connect" });
    this.#keepAlive(link, request.keepAliveSeconds * 700);
  }

  /** Publishes now, or as soon as the broker lets it. */
  publish(message: Message): void {
    if (message.qos === 0 && !this.isConnected) return;
    this.#waiting.push(message);
    this.#sendWaiting();
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
    const packetIdentifier = this.#takeIdentifier();
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
    const packetIdentifier = this.#takeIdentifier();
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
    this.#exchanges.clear();
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
          packet.reasonCode === 0 || link.isRefused,
          () => `${this.name} is refused with ${packet.reasonCode}`,
        );
        if (packet.reasonCode !== 0) return;
        this.#receiveMaximum = packet.properties.receiveMaximum ?? UNLIMITED;
        this.#topicAliasMaximum = packet.properties.topicAliasMaximum ?? 0;
        this.#aliases.clear();
        return this.#accepted(link, packet.sessionPresent);
      case PacketType.publish:
        return this.#inbox.publish(link, packet);
      case PacketType.pubrel:
        return this.#inbox.release(link, packet.packetIdentifier);
      case PacketType.puback:
        return this.#published(packet.packetIdentifier, packet.reasonCode);
      case PacketType.pubrec:
        return this.#received(packet.packetIdentifier, packet.reasonCode);
      case PacketType.pubcomp:
        return this.#completed(packet.packetIdentifier);
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
    for (const exchange of this.#exchanges.values()) {
      if (exchange.isReleased) this.#sendRelease(exchange);
      else this.#sendPublish(exchange);
    }
    this.#sendWaiting();
  }

  /** Sends what waits, as far as the broker's Receive Maximum goes. */
  #sendWaiting(): void {
    while (
      this.isConnected && this.#waiting.length > 0 &&
      (this.#waiting[0].qos === 0 ||
        this.#exchanges.size < this.#receiveMaximum)
    ) {
      const message = this.#waiting.shift()!;
      const exchange: Exchange = {
        message,
        packetIdentifier: message.qos === 0 ? 0 : this.#takeIdentifier(),
        label: null,
        releaseLabel: null,
        isReleased: false,
      };
      if (message.qos > 0) {
        this.#exchanges.set(exchange.packetIdentifier, exchange);
      }
      this.#sendPublish(exchange);
    }
  }

  #sendPublish(exchange: Exchange): void {
    const { message, packetIdentifier } = exchange;
    const isDuplicate = exchange.label !== null;
    exchange.label = {
      kind: "publish",
      message,
      packetIdentifier,
      expected: [],
      handledStep: Infinity,
      offers: [],
      reasonCode: null,
      isUnanswerable: false,
      isPromised: false,
    };
    const alias = this.#pickAlias(message.topicName);
    const isKnown = this.#aliases.get(message.topicName) === alias;
    if (alias > 0) this.#aliases.set(message.topicName, alias);
    const packet = publishPacket(
      alias > 0 && isKnown ? "" : message.topicName,
      message.payload,
      {
        qos: message.qos,
        packetIdentifier,
        isDuplicate,
        isRetained: message.isRetained,
        properties: {
          ...propertiesOf(message),
          ...(alias > 0 ? { topicAlias: alias } : {}),
        },
      },
    );
    this.send(packet, exchange.label);
  }

  /** A Topic Alias for `topicName`, now and then, or 0. */
  #pickAlias(topicName: string): number {
    const known = this.#aliases.get(topicName);
    if (known !== undefined) return known;
    const isUsed = this.#aliases.size < this.#topicAliasMaximum &&
      this.#world.dice.oneIn(2);
    return isUsed ? this.#aliases.size + 1 : 0;
  }

  #published(packetIdentifier: number, reasonCode: number): void {
    const exchange = this.#exchanges.get(packetIdentifier);
    hold(
      exchange !== undefined && exchange.message.qos === 1,
      () => `${this.name} gets PUBACK ${packetIdentifier} for nothing`,
    );
    this.#judge(exchange, reasonCode);
    this.#exchanges.delete(packetIdentifier);
    this.#sendWaiting();
  }

  #received(packetIdentifier: number, reasonCode: number): void {
    const exchange = this.#exchanges.get(packetIdentifier);
    hold(
      exchange !== undefined && exchange.message.qos === 2,
      () => `${this.name} gets PUBREC ${packetIdentifier} for nothing`,
    );
    this.#judge(exchange, reasonCode);
    if (reasonCode < 0x80) {
      exchange.isReleased = true;
      this.#sendRelease(exchange);
    } else {
      this.#exchanges.delete(packetIdentifier);
      this.#sendWaiting();
    }
  }

  /** Holds the Reason Code of PUBACK or PUBREC to what it has to be. */
  #judge({ label, message }: Exchange, reasonCode: number): void {
    const { expected } = label!;
    hold(
      this.version === 5 ? expected.includes(reasonCode) : reasonCode === 0,
      () => `${message} is answered with ${reasonCode}, not with ${expected}`,
    );
    label!.reasonCode = reasonCode;
    const isTaken = this.version === 5
      ? reasonCode < 0x80
      : expected.some((code) => code < 0x80);
    if (!isTaken) {
      message.refusedOffers = label!.offers;
      return;
    }
    message.isAcknowledged = true;
    label!.isPromised = true;
  }

  #sendRelease(exchange: Exchange): void {
    const { packetIdentifier } = exchange;
    exchange.releaseLabel = {
      kind: "release",
      packetIdentifier,
      handledStep: Infinity,
      isPromised: false,
    };
    this.send({
      type: PacketType.pubrel,
      packetIdentifier,
      reasonCode: 0,
      properties: {},
    }, exchange.releaseLabel);
  }

  #completed(packetIdentifier: number): void {
    const exchange = this.#exchanges.get(packetIdentifier);
    hold(
      exchange !== undefined && exchange.isReleased,
      () => `${this.name} gets PUBCOMP ${packetIdentifier} for nothing`,
    );
    exchange.releaseLabel!.isPromised = true;
    this.#exchanges.delete(packetIdentifier);
    this.#sendWaiting();
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

  #takeIdentifier(): number {
    do {
      this.#lastIdentifier = this.#lastIdentifier % 65_535 + 1;
    } while (
      this.#exchanges.has(this.#lastIdentifier) ||
      this.#requests.has(this.#lastIdentifier)
    );
    return this.#lastIdentifier;
  }
}

const encoder = new TextEncoder();

function propertiesOf({ expirySeconds, payload, tag }: Message) {
  return {
    ...(expirySeconds === null ? {} : { messageExpiryInterval: expirySeconds }),
    ...(payload === "" ? { contentType: tag } : {}),
  };
}

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
