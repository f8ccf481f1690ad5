import {
  AcknowledgementView,
  decodeAcknowledgement,
  type FrameScanner,
  type MqttError,
  PacketType,
  readAcknowledgement,
  type SubackPacket,
  type UnsubackPacket,
} from "../codec/mod.ts";
import { closedError } from "./errors.ts";
import type { Emit } from "./events.ts";
import { Exchanges, type SubscribeResult } from "./exchanges.ts";
import { Inbound } from "./inbound.ts";
import type { Link } from "./link.ts";
import { MessageRouter, type RouterOwner } from "./message_router.ts";
import type {
  Payload,
  PublishOptions,
  SubscribeOptions,
  UnsubscribeOptions,
} from "./options.ts";
import { Outbound } from "./outbound.ts";
import { PacketIdentifiers } from "./packet_identifiers.ts";
import { PUBLISHED, type PublishResult } from "./publication.ts";
import type { Receipt } from "./receipt.ts";
import type { Settings } from "./settings.ts";
import { Subscriptions } from "./subscriptions.ts";

/**
 * The client's Session State and what hangs on it: messages in both
 * directions, subscriptions, and the requests that wait for an answer. It
 * outlives the connections that it is given one after the other.
 */
export class ClientSession implements RouterOwner {
  readonly router: MessageRouter;
  /** Everything that waits for an answer of the server. */
  readonly #identifiers = new PacketIdentifiers<unknown>();
  readonly #outbound: Outbound;
  readonly #subscriptions: Subscriptions;
  readonly #inbound: Inbound;
  readonly #exchanges: Exchanges;
  readonly #acknowledgement = new AcknowledgementView();
  #link: Link | null = null;

  constructor(settings: Settings, emit: Emit) {
    this.#outbound = new Outbound(settings, this.#identifiers);
    this.router = new MessageRouter(this);
    this.#inbound = new Inbound(
      settings,
      (message) => this.router.deliver(message),
    );
    this.#exchanges = new Exchanges(this.#identifiers);
    this.#subscriptions = new Subscriptions(this.#exchanges, emit);
  }

  /**
   * Whether nothing should be read: a consumer is full, and no answer is due
   * that it may itself be waiting for.
   */
  get isHeld(): boolean {
    return this.router.isFull && this.#identifiers.size === 0;
  }

  /** A connection was accepted. */
  start(link: Link, isSessionPresent: boolean): void {
    this.#link = link;
    this.#inbound.start(link, isSessionPresent);
    // First of all, so that no answer to what is published is missed.
    this.#subscriptions.start(link, isSessionPresent);
    this.#exchanges.start(link);
    this.#outbound.start(link, isSessionPresent);
  }

  /** The connection has ended. */
  stop(): void {
    this.#link = null;
    this.#inbound.stop();
    this.#subscriptions.stop();
    this.#exchanges.stop();
    this.#outbound.stop();
  }

  /** The client has ended: with `error`, or because it was closed. */
  end(error: MqttError | null): void {
    const reason = error ?? closedError();
    this.#exchanges.end(reason);
    this.#outbound.end(reason);
    this.router.end(error);
  }

  /** As `Outbound.publish` does. */
  publish(
    topicName: string,
    payload: Payload,
    options: PublishOptions,
  ): Promise<PublishResult> {
    return this.#whileReading(
      this.#outbound.publish(topicName, payload, options),
    );
  }

  /** As `Subscriptions.subscribe` does. */
  subscribe(
    topicFilters: readonly string[],
    options: SubscribeOptions,
  ): Promise<SubscribeResult> {
    return this.#whileReading(
      this.#subscriptions.subscribe(topicFilters, options),
    );
  }

  /** As `Subscriptions.unsubscribe` does. */
  unsubscribe(
    topicFilters: readonly string[],
    options: UnsubscribeOptions,
  ): Promise<SubscribeResult> {
    return this.#whileReading(
      this.#subscriptions.unsubscribe(topicFilters, options),
    );
  }

  /** There is room in the output again. */
  pump(): void {
    this.#outbound.pump();
  }

  released(receipt: Receipt): void {
    this.#inbound.release(receipt);
  }

  relieved(): void {
    this.#link?.resume();
  }

  /** A full consumer must not keep the answer to `awaited` from being read. */
  #whileReading<Result>(awaited: Promise<Result>): Promise<Result> {
    if (this.router.isFull) this.#link?.resume();
    return awaited;
  }

  /** PUBLISH. @throws {MqttError} As `Inbound.receivePublish` does. */
  receivePublish(bytes: Uint8Array, scanner: FrameScanner): void {
    this.#inbound.receivePublish(bytes, scanner);
  }

  /** SUBACK or UNSUBACK. @throws {MqttError} If nothing waits for it. */
  receiveAnswer(answer: SubackPacket | UnsubackPacket): void {
    this.#exchanges.receiveAnswer(answer);
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP. @throws {MqttError} If it is malformed or out of place. */
  receiveAcknowledgement(bytes: Uint8Array, scanner: FrameScanner): void {
    const view = this.#acknowledgement;
    const { protocolVersion } = this.#link!;
    readAcknowledgement(view, bytes, scanner, protocolVersion);
    const { packetIdentifier, reasonCode } = view;
    let result = reasonCode === 0 ? PUBLISHED : { reasonCode };
    if (view.propertiesStart < view.propertiesEnd) {
      const packet = decodeAcknowledgement(bytes, scanner, protocolVersion);
      result = { reasonCode, ...packet.properties };
    }
    switch (scanner.firstByte >> 4) {
      case PacketType.puback:
        return this.#outbound.receivePuback(packetIdentifier, result);
      case PacketType.pubrec:
        return this.#outbound.receivePubrec(packetIdentifier, result);
      case PacketType.pubcomp:
        return this.#outbound.receivePubcomp(packetIdentifier);
      default:
        return this.#inbound.receivePubrel(view);
    }
  }
}
