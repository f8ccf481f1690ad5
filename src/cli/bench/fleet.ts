import { closeSession, openSession, subscribe } from "./handshake.ts";
import type { Link } from "./link.ts";
import type { LoadOptions } from "./options.ts";
import { Publisher, type Schedule } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";
import { Topic } from "./topic.ts";
import { encodePublish } from "./wire.ts";

/** Of connections that receive much. */
export const readBufferBytes = 256 * 1024;

/** How a mode differs in what it puts on the wire and how it counts. */
export interface FleetParts {
  /** Messages each topic lets out without {@linkcode Topic.release}. */
  budgetOf(topicIndex: number): number;
  makeSubscriber(...args: ConstructorParameters<typeof Subscriber>): Subscriber;
  scheduleOf?(topicIndex: number): Schedule;
}

/** Publishers and subscribers of one run, all connected and subscribed. */
export class Fleet {
  readonly topics: Topic[] = [];
  readonly subscribers: Subscriber[] = [];
  readonly publishers: Publisher[] = [];
  readonly #connections: Link[] = [];
  readonly #failure = Promise.withResolvers<never>();
  #isClosing = false;

  private constructor() {
    // A failure that nobody waits for any more is none.
    this.#failure.promise.catch(() => {});
  }

  /**
   * Connects everyone, subscribers first.
   * @throws {Error} If the server refuses a connection or a subscription.
   */
  static async open(options: LoadOptions, parts: FleetParts): Promise<Fleet> {
    const fleet = new Fleet();
    try {
      const runId = crypto.randomUUID().slice(0, 8);
      await fleet.#addSubscribers(options, parts, runId);
      await fleet.#addPublishers(options, parts, runId);
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /** Rejects when a connection breaks before `close`. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  /** Disconnects everyone. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#connections.map(closeSession));
  }

  /** PUBLISH packets handed to sockets so far. */
  get sent(): number {
    return sum(this.topics, (topic) => topic.sent);
  }

  /** PUBLISH packets that arrived at subscribers so far. */
  get delivered(): number {
    return sum(this.subscribers, (subscriber) => subscriber.delivered);
  }

  /** PUBLISH packets whose exchange with the server is complete. */
  get acknowledged(): number {
    return sum(this.publishers, (publisher) => publisher.acknowledged);
  }

  /** PUBLISH packets whose exchange with the server is under way. */
  get inFlight(): number {
    return sum(this.publishers, (publisher) => publisher.inFlight);
  }

  async #addSubscribers(
    options: LoadOptions,
    parts: FleetParts,
    runId: string,
  ): Promise<void> {
    const outstanding = maximumOutstanding(options);
    for (let index = 0; index < options.topicCount; index++) {
      const name = `bench/${runId}/${index}`;
      const topic = new Topic(name, outstanding, parts.budgetOf(index));
      this.topics.push(topic);
      for (let copy = 0; copy < options.subscriberCount; copy++) {
        const identifier = `sub-${runId}-${index}-${copy}`;
        const session = await openSession(options, identifier, {
          bufferBytes: readBufferBytes,
          isLasting: options.isSubscriberLasting,
        });
        this.#connections.push(session.connection);
        const { qos, version } = options;
        await subscribe(session, version, [{ topicFilter: name, qos }]);
        const subscriber = parts.makeSubscriber(session, topic);
        this.subscribers.push(subscriber);
        topic.receivers.push(subscriber);
        this.#watch(identifier, subscriber.run());
      }
    }
  }

  async #addPublishers(
    options: LoadOptions,
    parts: FleetParts,
    runId: string,
  ): Promise<void> {
    for (let index = 0; index < options.publisherCount; index++) {
      const topicIndex = index % options.topicCount;
      const topic = this.topics[topicIndex];
      const identifier = `pub-${runId}-${index}`;
      const session = await openSession(options, identifier, {
        bufferBytes: readBufferBytes,
      });
      this.#connections.push(session.connection);
      const template = encodePublish(options.version, {
        topicName: topic.name,
        qos: options.qos,
        payloadBytes: options.payloadBytes,
      });
      const publisher = new Publisher({
        session,
        topic,
        template,
        qos: options.qos,
        windowSize: options.windowSize,
        chunkSize: chunkSize(options, template.frame.length),
        schedule: parts.scheduleOf?.(topicIndex),
      });
      this.publishers.push(publisher);
      this.#watch(identifier, publisher.run());
    }
  }

  #watch(clientIdentifier: string, run: Promise<void>): void {
    run.then(() => {
      throw new Error("the server closed the connection");
    }).catch((cause) => {
      if (this.#isClosing) return;
      const reason = cause instanceof Error ? cause.message : cause;
      this.#failure.reject(
        new Error(`Cannot finish: ${clientIdentifier}: ${reason}`, { cause }),
      );
    });
  }
}

/** A topic's part of the gap that both bounds allow; always at least two. */
function maximumOutstanding(options: LoadOptions): number {
  const byBytes = options.maximumOutstandingBytes / (options.payloadBytes + 1);
  const inAll = Math.min(options.maximumOutstanding, byBytes);
  return Math.max(2, Math.floor(inAll / options.topicCount));
}

/** Frames per write: half the gap at most, so that two alternate. */
export function chunkSize(options: LoadOptions, frameBytes: number): number {
  const byBytes = Math.floor(options.chunkBytes / frameBytes);
  const byGap = Math.floor(maximumOutstanding(options) / 2);
  return Math.max(1, Math.min(byBytes, byGap));
}

function sum<T>(items: readonly T[], read: (item: T) => number): number {
  return items.reduce((total, item) => total + read(item), 0);
}
