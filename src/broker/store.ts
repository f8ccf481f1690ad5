import type { Message } from "../session/mod.ts";
import type { Subscription } from "../topics/mod.ts";
import type { ClientSession } from "./connection.ts";

/**
 * Where what the broker must not forget is kept. The broker's memory is the
 * truth while it runs; it tells the store of each change, and reads everything
 * back once, when it starts.
 *
 * Calls return at once: a store gathers changes and writes them in batches.
 */
export interface Store {
  /** Puts what was kept into `broker`; called before the first connection. */
  load(recovery: Recovery): Promise<void>;
  /** Expiry, Will or the received QoS 2 identifiers of `session` have changed. */
  sessionChanged(session: ClientSession): void;
  sessionEnded(session: ClientSession): void;
  /** `key` is the filter as the client wrote it; `null` removes the subscription. */
  subscriptionChanged(
    session: ClientSession,
    key: string,
    subscription: Subscription<ClientSession> | null,
  ): void;
  /** `null` removes the retained message of the topic. */
  retainedChanged(topicName: string, message: Message | null): void;
  /** Writes what is outstanding and lets go of the medium. */
  close(): Promise<void>;
}

/** Takes what a store has kept. */
export interface Recovery {
  session(session: ClientSession): void;
  retained(message: Message): void;
}
