import {
  MqttError,
  PacketType,
  type Properties,
  ProtocolError,
  ReasonCode,
  type SubackPacket,
  type SubscribePacket,
  type UnsubackPacket,
  type UnsubscribePacket,
} from "../codec/mod.ts";
import { writeClientPacket } from "./_packets.ts";
import { onAbort } from "./_abort.ts";
import type { Link } from "./link.ts";
import type { PacketIdentifiers } from "./packet_identifiers.ts";

const MAXIMUM_PENDING = 10_000;

/** How the server has answered SUBSCRIBE or UNSUBSCRIBE. */
export interface SubscribeResult {
  /** One for each Topic Filter, in their order; from 0x80 on it is refused. */
  readonly reasonCodes: readonly number[];
  readonly reasonString?: string;
  readonly userProperties?: Properties["userProperties"];
}

/** How an exchange is to be handled. */
export interface ExchangeOptions {
  readonly signal?: AbortSignal;
  /** Whether it ends with its connection instead of being sent again on the next. */
  readonly isTransient?: boolean;
  /** Called with the answer, also if nobody waits for it any more. */
  readonly onAnswer: (reasonCodes: readonly number[]) => void;
}

/** One SUBSCRIBE or UNSUBSCRIBE until its answer. */
class Exchange {
  readonly packet: SubscribePacket | UnsubscribePacket;
  readonly options: ExchangeOptions;
  readonly outcome = Promise.withResolvers<SubscribeResult>();
  stopListening = () => {};
  /** Whether its packet holds a Packet Identifier, because an answer is due. */
  isSent = false;

  constructor(
    packet: SubscribePacket | UnsubscribePacket,
    options: ExchangeOptions,
  ) {
    this.packet = packet;
    this.options = options;
  }
}

/**
 * SUBSCRIBE and UNSUBSCRIBE with their answers. What has none when the
 * connection ends is sent again on the next one.
 */
export class Exchanges {
  readonly #identifiers: PacketIdentifiers<unknown>;
  /** In the order of their start. */
  readonly #pending = new Set<Exchange>();
  #link: Link | null = null;

  constructor(identifiers: PacketIdentifiers<unknown>) {
    this.#identifiers = identifiers;
  }

  /** Sends `packet`, now or when there is a connection. */
  run(
    packet: SubscribePacket | UnsubscribePacket,
    options: ExchangeOptions,
  ): Promise<SubscribeResult> {
    options.signal?.throwIfAborted();
    if (this.#pending.size >= MAXIMUM_PENDING && !options.isTransient) {
      throw new MqttError(
        `Cannot send ${nameOf(packet)}: ${this.#pending.size} wait already`,
        ReasonCode.quotaExceeded,
      );
    }
    const exchange = new Exchange(packet, options);
    const { signal } = options;
    if (signal !== undefined) {
      exchange.stopListening = onAbort(signal, () => {
        if (!exchange.isSent) this.#pending.delete(exchange);
        exchange.outcome.reject(signal.reason);
      });
    }
    this.#pending.add(exchange);
    if (this.#link !== null) this.#send(this.#link, exchange);
    return exchange.outcome.promise;
  }

  /** A connection was accepted. */
  start(link: Link): void {
    this.#link = link;
    for (const exchange of this.#pending) {
      if (!exchange.isSent) this.#send(link, exchange);
    }
  }

  /** The connection has ended. */
  stop(): void {
    this.#link = null;
    for (const exchange of this.#pending) {
      this.#release(exchange);
      if (exchange.options.isTransient) this.#pending.delete(exchange);
    }
  }

  /** The client has ended. */
  end(error: MqttError): void {
    for (const exchange of this.#pending) {
      this.#finish(exchange);
      exchange.outcome.reject(error);
    }
  }

  /** @throws {ProtocolError} If it answers nothing that was asked. */
  receiveAnswer(answer: SubackPacket | UnsubackPacket): void {
    const { packetIdentifier } = answer;
    const exchange = this.#identifiers.get(packetIdentifier);
    if (
      !(exchange instanceof Exchange) ||
      exchange.packet.type !== answer.type - 1
    ) {
      throw new ProtocolError(
        `Cannot accept answer: nothing with Packet Identifier ` +
          `${packetIdentifier} waits for it`,
      );
    }
    const count = filterCount(exchange.packet);
    const isUntold = answer.type === PacketType.unsuback &&
      this.#link!.protocolVersion !== 5;
    const reasonCodes = isUntold
      ? new Array<number>(count).fill(0)
      : answer.reasonCodes;
    if (reasonCodes.length !== count) {
      throw new ProtocolError(
        `Cannot accept answer: it has ${reasonCodes.length} Reason Codes for ` +
          `${count} Topic Filters`,
      );
    }
    this.#finish(exchange);
    exchange.options.onAnswer(reasonCodes);
    const { reasonString, userProperties } = answer.properties;
    exchange.outcome.resolve({ reasonCodes, reasonString, userProperties });
  }

  #send(link: Link, exchange: Exchange): void {
    const { packet } = exchange;
    packet.packetIdentifier = this.#identifiers.take(exchange);
    exchange.isSent = true;
    const { maximumPacketSizeBytes } = link.limits;
    try {
      if (
        !writeClientPacket(
          link.output,
          packet,
          link.protocolVersion,
          maximumPacketSizeBytes,
        )
      ) {
        throw new MqttError(
          `Cannot send ${nameOf(packet)}: it is over the ` +
            `${maximumPacketSizeBytes} bytes that the server takes`,
          ReasonCode.packetTooLarge,
        );
      }
      link.flushSoon();
    } catch (error) {
      this.#finish(exchange);
      exchange.outcome.reject(error);
    }
  }

  #finish(exchange: Exchange): void {
    exchange.stopListening();
    this.#pending.delete(exchange);
    this.#release(exchange);
  }

  /** Gives its Packet Identifier back. */
  #release(exchange: Exchange): void {
    if (!exchange.isSent) return;
    exchange.isSent = false;
    this.#identifiers.delete(exchange.packet.packetIdentifier);
  }
}

function nameOf({ type }: SubscribePacket | UnsubscribePacket): string {
  return type === PacketType.subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE";
}

function filterCount(packet: SubscribePacket | UnsubscribePacket): number {
  return packet.type === PacketType.subscribe
    ? packet.subscriptions.length
    : packet.topicFilters.length;
}
