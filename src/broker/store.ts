import type { Delivery, Message, Waiting } from "../session/mod.ts";
import type { Subscription } from "../topics/mod.ts";
import type { ClientSession } from "./connection.ts";
import type { Clock } from "./interfaces.ts";

/**
 * Where what the broker must not forget is kept. The broker's memory is the
 * truth while it runs; it tells the store of each change to a session that
 * outlives its connection, and of retained messages, and reads everything back
 * once, when it starts.
 *
 * Calls return at once: a store gathers changes and writes them in batches. It
 * reads what it writes from the objects it was told of, at the time it writes,
 * so that what was settled before its turn came is never written.
 */
export interface Store {
  /** False if nothing is kept: the broker then tells it nothing. */
  readonly isRecording: boolean;
  /** Whether acknowledgements wait for `afterCommit`. */
  readonly isAwaited: boolean;
  /** Writing fails at present; what has to be stored is refused [MQTT-4.3.2-4]. */
  readonly isFailing: boolean;
  /** Gives everything that was kept to `owner`; called once, before the first connection. */
  load(owner: StoreOwner): Promise<void>;
  /** Expiry, Will or a deadline of `session` have changed. */
  sessionChanged(session: ClientSession): void;
  /** `session` has received, or released, a QoS 2 message under that identifier. */
  receivedQos2Changed(session: ClientSession, packetIdentifier: number): void;
  /** The session is gone, with the subscriptions that it still has and all its deliveries. */
  sessionEnded(session: ClientSession): void;
  /** `subscription` comes, under the filter as the client wrote it, in place of `old`. */
  subscriptionAdded(
    key: string,
    subscription: Subscription<ClientSession>,
    old: Subscription<ClientSession> | null,
  ): void;
  subscriptionRemoved(subscription: Subscription<ClientSession>): void;
  /** A QoS 1 or 2 message has to reach `session`. */
  deliveryAdded(session: ClientSession, delivery: Delivery): void;
  /** Packet Identifier or state of a delivery have changed. */
  deliveryChanged(delivery: Delivery): void;
  /** The delivery is done, or will never be. */
  deliverySettled(delivery: Delivery): void;
  /** `null` removes the retained message of the topic. */
  retainedChanged(topicName: string, message: Message | null): void;
  /**
   * Has `waiting` proceed once all that the store was told so far is safe.
   * What is not urgent may wait a little, because it may become needless.
   */
  afterCommit(waiting: Waiting, isUrgent: boolean): void;
  /** Writes what is outstanding and lets go of the medium. */
  close(): Promise<void>;
}

/** Takes what a store has kept, and goes on with what waited for it. */
export interface StoreOwner {
  readonly clock: Clock;
  /** A whole session, with subscriptions and deliveries. */
  restoreSession(session: ClientSession): void;
  restoreRetained(message: Message): void;
  /** Calls `proceed` of all of `waiting`, in order. */
  proceed(waiting: readonly Waiting[]): void;
}
