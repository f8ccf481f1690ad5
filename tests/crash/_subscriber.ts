import {
  type Packet,
  PacketType,
  type PublishPacket,
} from "../../src/codec/mod.ts";
import type { SeededRandom } from "../broker/_fakes.ts";
import { Client, type ClientOptions, unexpected } from "./_client.ts";
import type { Ledger } from "./_ledger.ts";
import { keyOf } from "./_trace.ts";

export interface SubscriberOptions extends ClientOptions {
  readonly ledger: Ledger;
  readonly dice: SeededRandom;
}

/** A SUBSCRIBE or UNSUBSCRIBE that is not acknowledged. */
interface Request {
  readonly topicFilter: string;
  /** 0 asks for the end. */
  readonly qos: 0 | 1 | 2;
}

/**
 * Receives at QoS 1 and 2 and obeys the protocol through crashes: it keeps the
 * identifiers of QoS 2 messages that PUBREL has not released, and what comes
 * again under one of them is a repeat [MQTT-4.3.3-10]. It is slow at times, so
 * that deliveries are in every state when the broker dies.
 */
export class Subscriber extends Client {
  readonly #options: SubscriberOptions;
  /** QoS 2 messages by identifier, until PUBREL. */
  readonly #unreleased = new Map<number, string>();
  readonly #requests = new Map<number, Request>();
  /** Answers that are held back. */
  #held: (() => void)[] = [];
  readonly #topicFilters = new Set<string>();
  readonly #keys = new Set<string>();
  #awaited: { readonly key: string; readonly resolve: () => void } | null =
    null;
  #settled: (() => void) | null = null;
  #lastPacketIdentifier = 0;
  #isPrompt = false;

  constructor(options: SubscriberOptions) {
    super(options);
    this.#options = options;
  }

  /** Answers what it has held back, and from now on at once. */
  hurry(): void {
    this.#isPrompt = true;
    this.#answerHeld();
  }

  subscribe(topicFilter: string, qos: 1 | 2): void {
    this.#options.ledger.subscribing(this.clientIdentifier, topicFilter, qos);
    this.#topicFilters.add(topicFilter);
    this.#request({ topicFilter, qos });
  }

  unsubscribe(topicFilter: string): void {
    this.#options.ledger.unsubscribing(this.clientIdentifier, topicFilter);
    this.#topicFilters.delete(topicFilter);
    this.#request({ topicFilter, qos: 0 });
  }

  /** Whether a request for `topicFilter` is under way. */
  isAsking(topicFilter: string): boolean {
    return [...this.#requests.values()]
      .some((request) => request.topicFilter === topicFilter);
  }

  /** Whether it subscribes, or has asked to, to `topicFilter`. */
  hasAsked(topicFilter: string): boolean {
    return this.#topicFilters.has(topicFilter);
  }

  /** Resolves when every request is acknowledged. */
  granted(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settled = resolve;
    if (this.#requests.size === 0) resolve();
    return promise;
  }

  /** Resolves when the message with `key` has come. */
  receives(key: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = { key, resolve };
    if (this.#keys.has(key)) resolve();
    return promise;
  }

  protected override onConnected(isSessionPresent: boolean): void {
    const { ledger } = this.#options;
    this.#held = [];
    if (!isSessionPresent) {
      this.#unreleased.clear();
      if (ledger.hasGranted(this.clientIdentifier)) {
        ledger.violated(`${this.clientIdentifier}: the session is gone`);
      }
    }
    for (const [packetIdentifier, request] of this.#requests) {
      this.#ask(packetIdentifier, request);
    }
  }

  protected override onPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.publish:
        return this.#publish(packet);
      case PacketType.pubrel: {
        const { packetIdentifier } = packet;
        this.#unreleased.delete(packetIdentifier);
        return this.#answerSoon(() =>
          this.answer(PacketType.pubcomp, packetIdentifier)
        );
      }
      case PacketType.suback:
      case PacketType.unsuback:
        if (packet.reasonCodes.some((code) => code >= 0x80)) {
          throw unexpected(this, packet);
        }
        return this.#grant(packet.packetIdentifier);
      default:
        throw unexpected(this, packet);
    }
  }

  #publish({ qos, packetIdentifier, payload }: PublishPacket): void {
    const { ledger } = this.#options;
    const key = keyOf(payload);
    if (qos === 2) {
      const known = this.#unreleased.get(packetIdentifier);
      if (known !== undefined && known !== key) {
        ledger.violated(
          `${this.clientIdentifier}: identifier ${packetIdentifier} of ` +
            `${known} was given to ${key} before PUBREL`,
        );
      }
      if (known === undefined) this.#receive(key, qos);
      this.#unreleased.set(packetIdentifier, key);
    } else {
      this.#receive(key, qos);
    }
    this.#answerSoon(() =>
      this.answer(
        qos === 2 ? PacketType.pubrec : PacketType.puback,
        packetIdentifier,
      )
    );
  }

  #receive(key: string, qos: number): void {
    // An empty payload removes a retained message and bears no key.
    if (key === "") return;
    this.#keys.add(key);
    this.#options.ledger.received(this.clientIdentifier, { key, qos });
    if (this.#awaited?.key === key) this.#awaited.resolve();
  }

  /** Answers are held back at times, and then go out together, in order. */
  #answerSoon(answer: () => void): void {
    this.#held.push(answer);
    if (this.#isPrompt || this.#options.dice.integer(3) === 0) {
      this.#answerHeld();
    }
  }

  #answerHeld(): void {
    for (const answer of this.#held) answer();
    this.#held = [];
  }

  #request(request: Request): void {
    this.#lastPacketIdentifier = this.#lastPacketIdentifier % 0xffff + 1;
    this.#requests.set(this.#lastPacketIdentifier, request);
    this.#ask(this.#lastPacketIdentifier, request);
  }

  #ask(packetIdentifier: number, { topicFilter, qos }: Request): void {
    const properties = {};
    if (qos === 0) {
      this.send({
        type: PacketType.unsubscribe,
        packetIdentifier,
        topicFilters: [topicFilter],
        properties,
      });
      return;
    }
    const subscription = {
      topicFilter,
      qos,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    } as const;
    this.send({
      type: PacketType.subscribe,
      packetIdentifier,
      subscriptions: [subscription],
      properties,
    });
  }

  #grant(packetIdentifier: number): void {
    const { topicFilter, qos } = this.#requests.get(packetIdentifier)!;
    this.#requests.delete(packetIdentifier);
    const { ledger } = this.#options;
    if (qos === 0) ledger.unsubscribed(this.clientIdentifier, topicFilter);
    else ledger.subscribed(this.clientIdentifier, topicFilter);
    if (this.#requests.size === 0) this.#settled?.();
  }
}
