import { type Message, NEVER } from "../session/mod.ts";
import { type RetainedMatches, RetainedTree } from "../topics/mod.ts";
import type { Broker } from "./broker.ts";
import type { Timer } from "./timers.ts";

/** The retained messages of all topics, within the bounds of the configuration. */
export class RetainedMessages {
  readonly #tree = new RetainedTree<Message>();
  readonly #broker: Broker;
  readonly #expiries = new Map<string, Timer>();
  #sizeBytes = 0;
  /** Of the broker's own messages, which take nothing from those of clients. */
  #ownCount = 0;
  #ownBytes = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  get count(): number {
    return this.#tree.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Keeps `message` as the retained message of its topic [MQTT-3.3.1-5].
   * False if a bound forbids it; the old message then stays.
   */
  set(message: Message): boolean {
    const { topicName, sizeBytes } = message;
    const { limits, store } = this.#broker;
    const old = this.#tree.get(topicName);
    const grownBytes = this.#sizeBytes - this.#ownBytes + sizeBytes -
      (old?.sizeBytes ?? 0);
    const isOwn = isBrokerOwn(topicName);
    if (
      !isOwn && (grownBytes > limits.maximumRetainedBytes ||
        (old === undefined &&
          this.#tree.size - this.#ownCount >= limits.maximumRetainedMessages))
    ) return false;
    message.detach();
    this.restore(message);
    if (store.isRecording && !isOwn) {
      store.retainedChanged(topicName, message);
    }
    return true;
  }

  /** Takes a message that the store has kept. */
  restore(message: Message): void {
    const { topicName, sizeBytes, expiresAtMs } = message;
    const old = this.#tree.set(topicName, message);
    const grownBytes = sizeBytes - (old?.sizeBytes ?? 0);
    this.#sizeBytes += grownBytes;
    if (isBrokerOwn(topicName)) {
      this.#ownBytes += grownBytes;
      if (old === undefined) this.#ownCount++;
    }
    this.#cancelExpiry(topicName);
    if (expiresAtMs === NEVER) return;
    this.#expiries.set(
      topicName,
      this.#broker.timers.schedule(expiresAtMs, () => this.delete(topicName)),
    );
  }

  /** Removes the retained message of a topic, if there is one [MQTT-3.3.1-6]. */
  delete(topicName: string): void {
    const old = this.#tree.delete(topicName);
    if (old === undefined) return;
    this.#sizeBytes -= old.sizeBytes;
    this.#cancelExpiry(topicName);
    const isOwn = isBrokerOwn(topicName);
    if (isOwn) {
      this.#ownBytes -= old.sizeBytes;
      this.#ownCount--;
    }
    const { store } = this.#broker;
    if (store.isRecording && !isOwn) {
      store.retainedChanged(topicName, null);
    }
  }

  get(topicName: string): Message | undefined {
    return this.#tree.get(topicName);
  }

  /** The messages that match, found as they are pulled; the tree may change in between. */
  match(topicFilter: string): RetainedMatches<Message> {
    return this.#tree.match(topicFilter);
  }

  /** Lets nothing expire any more: the broker shuts down. */
  stop(): void {
    for (const timer of this.#expiries.values()) {
      this.#broker.timers.cancel(timer);
    }
    this.#expiries.clear();
  }

  #cancelExpiry(topicName: string): void {
    const timer = this.#expiries.get(topicName);
    if (timer === undefined) return;
    this.#broker.timers.cancel(timer);
    this.#expiries.delete(topicName);
  }
}

/** What the broker tells of itself: it is out of date after a restart. */
function isBrokerOwn(topicName: string): boolean {
  return topicName.startsWith("$SYS/");
}
