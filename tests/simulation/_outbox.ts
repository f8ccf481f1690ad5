import {
  type AcknowledgementPacket,
  PacketType,
  type Properties,
} from "../../src/codec/mod.ts";
import { publishPacket } from "../broker/_harness.ts";
import type { Client } from "./_client.ts";
import { hold } from "./_failure.ts";
import type { PublishLabel, ReleaseLabel } from "./_labels.ts";
import type { Message } from "./_message.ts";
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

/** The publishing side of a client: what waits, and is not confirmed to the end. */
export class Outbox {
  readonly #world: World;
  readonly #client: Client;
  readonly #exchanges = new Map<number, Exchange>();
  readonly #waiting: Message[] = [];
  #lastIdentifier = 0;
  /** What the broker takes, as its last CONNACK says. */
  #receiveMaximum = UNLIMITED;
  #topicAliasMaximum = 0;
  readonly #aliases = new Map<string, number>();

  constructor(world: World, client: Client) {
    this.#world = world;
    this.#client = client;
  }

  get unfinishedCount(): number {
    return this.#exchanges.size + this.#waiting.length;
  }

  /** A new connection is accepted, with the properties of its CONNACK. */
  restart({ receiveMaximum, topicAliasMaximum }: Properties): void {
    this.#receiveMaximum = receiveMaximum ?? UNLIMITED;
    this.#topicAliasMaximum = topicAliasMaximum ?? 0;
    this.#aliases.clear();
  }

  /** The session is gone, and what is under way with it. */
  forget(): void {
    this.#exchanges.clear();
  }

  /** Sends again what is not confirmed, and then what waits. */
  resume(): void {
    for (const exchange of this.#exchanges.values()) {
      if (exchange.isReleased) this.#sendRelease(exchange);
      else this.#sendPublish(exchange);
    }
    this.#sendWaiting();
  }

  publish(message: Message): void {
    if (message.qos === 0 && !this.#client.isConnected) return;
    this.#waiting.push(message);
    this.#sendWaiting();
  }

  /** A Packet Identifier that neither a message nor a request has. */
  takeIdentifier(requests?: ReadonlyMap<number, unknown>): number {
    do {
      this.#lastIdentifier = this.#lastIdentifier % 65_535 + 1;
    } while (
      this.#exchanges.has(this.#lastIdentifier) ||
      requests?.has(this.#lastIdentifier)
    );
    return this.#lastIdentifier;
  }

  onPuback({ packetIdentifier, reasonCode }: AcknowledgementPacket): void {
    const exchange = this.#exchanges.get(packetIdentifier);
    hold(
      exchange !== undefined && exchange.message.qos === 1,
      () => `${this.#client.name} gets PUBACK ${packetIdentifier} for nothing`,
    );
    this.#judge(exchange, reasonCode);
    this.#exchanges.delete(packetIdentifier);
    this.#sendWaiting();
  }

  onPubrec({ packetIdentifier, reasonCode }: AcknowledgementPacket): void {
    const exchange = this.#exchanges.get(packetIdentifier);
    hold(
      exchange !== undefined && exchange.message.qos === 2,
      () => `${this.#client.name} gets PUBREC ${packetIdentifier} for nothing`,
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

  onPubcomp({ packetIdentifier }: AcknowledgementPacket): void {
    const exchange = this.#exchanges.get(packetIdentifier);
    hold(
      exchange !== undefined && exchange.isReleased,
      () => `${this.#client.name} gets PUBCOMP ${packetIdentifier} for nothing`,
    );
    exchange.releaseLabel!.isPromised = true;
    this.#exchanges.delete(packetIdentifier);
    this.#sendWaiting();
  }

  /** Sends what waits, as far as the broker's Receive Maximum goes. */
  #sendWaiting(): void {
    while (
      this.#client.isConnected && this.#waiting.length > 0 &&
      (this.#waiting[0].qos === 0 ||
        this.#exchanges.size < this.#receiveMaximum)
    ) {
      const message = this.#waiting.shift()!;
      const exchange: Exchange = {
        message,
        packetIdentifier: message.qos === 0 ? 0 : this.takeIdentifier(),
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
      mayBeUnanswerable: false,
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
          ...messageProperties(message),
          ...(alias > 0 ? { topicAlias: alias } : {}),
        },
      },
    );
    this.#client.send(packet, exchange.label);
  }

  /** A Topic Alias for `topicName`, now and then, or 0. */
  #pickAlias(topicName: string): number {
    const known = this.#aliases.get(topicName);
    if (known !== undefined) return known;
    const isUsed = this.#aliases.size < this.#topicAliasMaximum &&
      this.#world.dice.oneIn(2);
    return isUsed ? this.#aliases.size + 1 : 0;
  }

  /** Holds the Reason Code of PUBACK or PUBREC to what it has to be. */
  #judge({ label, message }: Exchange, reasonCode: number): void {
    const { expected } = label!;
    hold(
      this.#client.version === 5
        ? expected.includes(reasonCode)
        : reasonCode === 0,
      () => `${message} is answered with ${reasonCode}, not with ${expected}`,
    );
    label!.reasonCode = reasonCode;
    const isTaken = this.#client.version === 5
      ? reasonCode < 0x80
      : expected.some((code) => code < 0x80);
    if (!isTaken) {
      message.refusedOffers = label!.offers;
      return;
    }
    message.isAcknowledged = true;
    // A client of 3.1.1 is not told that its message was refused.
    label!.isPromised = this.#client.version === 5 || !message.isUncertain;
  }

  #sendRelease(exchange: Exchange): void {
    const { packetIdentifier } = exchange;
    exchange.releaseLabel = {
      kind: "release",
      packetIdentifier,
      handledStep: Infinity,
      isPromised: false,
    };
    this.#client.send({
      type: PacketType.pubrel,
      packetIdentifier,
      reasonCode: 0,
      properties: {},
    }, exchange.releaseLabel);
  }
}

/** The properties of PUBLISH and Will that belong to the message itself. */
export function messageProperties({ expirySeconds, payload, tag }: Message) {
  return {
    ...(expirySeconds === null ? {} : { messageExpiryInterval: expirySeconds }),
    ...(payload === "" ? { contentType: tag } : {}),
  };
}
