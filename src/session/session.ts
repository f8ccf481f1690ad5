import type { PublishPacket } from "../codec/mod.ts";
import type { RetainedMatches, Subscription } from "../topics/mod.ts";
import { DeliveryQueue } from "./delivery_queue.ts";
import { InflightWindow } from "./inflight_window.ts";
import { type Message, NEVER } from "./message.ts";

/** Session Expiry Interval of a session that never expires [MQTT-3.1.2-23]. */
export const SESSION_NEVER_EXPIRES = 0xffff_ffff;

/** The Will Message of a session, from CONNECT until it is published or removed. */
export interface Will {
  readonly publish: PublishPacket;
  readonly delaySeconds: number;
}

/**
 * The Session State of one Client Identifier [MQTT-3.1.3-2]: subscriptions,
 * deliveries in flight and queued, and the Packet Identifiers of received
 * QoS 2 messages. `C` is the broker's connection, opaque here.
 */
export class Session<C> {
  readonly clientIdentifier: string;
  /**
   * The user name of the last client that had it; `null` if that had none.
   * `undefined` is not known: an earlier version has stored the session.
   */
  owner: string | null | undefined;
  /** The present Network Connection, or `null` while the client is away. */
  connection: C | null;
  /** Seconds the session outlives its connection; 0 ends with it. */
  expiryIntervalSeconds: number;
  /** When a session without a connection ends; {@linkcode NEVER} while connected. */
  expiresAtMs: number;
  /** By Topic Filter as the client wrote it, `$share/` included. */
  readonly subscriptions: Map<string, Subscription<Session<C>>>;
  readonly window: InflightWindow;
  readonly queue: DeliveryQueue;
  /** Retained messages still to be sent for new subscriptions, pulled as the client drains them. */
  readonly retainedReplays: RetainedReplay[];
  /**
   * Whether a store was told of it. From then on all that belongs to it is
   * recorded, until it ends: a crash may bring it back as it was before its
   * client asked for no expiry.
   */
  isRecorded: boolean;
  will: Will | null;
  /** When the Will of a broken connection is due; {@linkcode NEVER} if none waits. */
  willDueAtMs: number;
  /** Where a store has put it; the store's own. */
  record: object | null;
  #receivedQos2: Set<number> | null;

  constructor(clientIdentifier: string) {
    this.clientIdentifier = clientIdentifier;
    this.owner = undefined;
    this.connection = null;
    this.expiryIntervalSeconds = 0;
    this.expiresAtMs = NEVER;
    this.subscriptions = new Map();
    this.window = new InflightWindow();
    this.queue = new DeliveryQueue();
    this.retainedReplays = [];
    this.isRecorded = false;
    this.will = null;
    this.willDueAtMs = NEVER;
    this.record = null;
    this.#receivedQos2 = null;
  }

  /** Whether the session outlives its connection. */
  get isPersistent(): boolean {
    return this.expiryIntervalSeconds > 0;
  }

  /** QoS 2 messages whose PUBREL has not come. */
  get receivedQos2Count(): number {
    return this.#receivedQos2 === null ? 0 : this.#receivedQos2.size;
  }

  /** Their Packet Identifiers. */
  receivedQos2(): Iterable<number> {
    return this.#receivedQos2 ?? [];
  }

  /** Whether a PUBLISH with this identifier would be a repeat [MQTT-4.3.3-10]. */
  hasReceivedQos2(packetIdentifier: number): boolean {
    return this.#receivedQos2 !== null &&
      this.#receivedQos2.has(packetIdentifier);
  }

  addReceivedQos2(packetIdentifier: number): void {
    (this.#receivedQos2 ??= new Set()).add(packetIdentifier);
  }

  /** Forgets the identifier on PUBREL; `false` if it was not known [MQTT-4.3.3-12]. */
  removeReceivedQos2(packetIdentifier: number): boolean {
    return this.#receivedQos2 !== null &&
      this.#receivedQos2.delete(packetIdentifier);
  }

  /** Keeps what waits from pinning memory that it shares with messages long gone. */
  detachMessages(): void {
    this.queue.forEach((delivery) => delivery.message.detach());
    for (const delivery of this.window.inOrder()) delivery.message.detach();
  }
}

/** Retained messages on their way to one subscription. */
export interface RetainedReplay {
  readonly messages: RetainedMatches<Message>;
  /** The Topic Filter as the client wrote it; UNSUBSCRIBE stops the replay. */
  readonly subscriptionKey: string;
  /**
   * Deliveries that the queue had taken when the subscription was made. They
   * go first and later ones last, so that no topic steps back in time
   * [MQTT-4.6.0-5].
   */
  readonly queuedBeforeCount: number;
  readonly qos: number;
  readonly subscriptionIdentifiers: readonly number[];
  /** Taken out of `messages`, but not known yet whether the client may have it. */
  undecided: Message | undefined;
}
