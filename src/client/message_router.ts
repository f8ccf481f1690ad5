import { MqttError, ReasonCode } from "../codec/mod.ts";
import {
  matchesTopicFilter,
  parseSharedFilter,
  validateSubscriptionFilter,
} from "../topics/mod.ts";
import type { ReceivedMessage } from "./message.ts";
import { MessageBuffer } from "./message_buffer.ts";
import { MessageStream, type StreamOwner } from "./message_stream.ts";
import type { MessagesOptions } from "./options.ts";
import type { Receipt } from "./receipt.ts";

/** Is told what the consumers do. */
export interface RouterOwner {
  /** A stream has finished with the message behind `receipt`. */
  released(receipt: Receipt): void;
  /** No consumer is full any more. */
  relieved(): void;
}

/** Takes the messages of one topic before any stream. */
export interface Tap {
  readonly topicName: string;
  take(message: ReceivedMessage): void;
}

interface Route {
  /** `null` matches every Topic Name. */
  readonly topicFilter: string | null;
  readonly stream: MessageStream;
}

/**
 * Hands each received message to the streams that match. Before the first
 * stream is opened all messages wait, so that what a resumed session brings
 * right after CONNACK is not lost; after that a message that no stream wants
 * is acknowledged at once [MQTT-4.5.0-2].
 */
export class MessageRouter implements StreamOwner {
  readonly #owner: RouterOwner;
  readonly #routes: Route[] = [];
  #backlog: MessageBuffer | null = new MessageBuffer();
  /** What the first stream took over, for others opened in the same task. */
  #claimable: ReceivedMessage[] = [];
  #isFull = false;
  /** The answer for the Topic Name that came last: most come in runs. */
  #lastTopicName = "";
  #lastStreams: MessageStream[] = [];
  tap: Tap | null = null;
  /** QoS 0 messages for which a stream had no room. */
  droppedCount = 0;

  constructor(owner: RouterOwner) {
    this.#owner = owner;
  }

  /** Whether some consumer has no room for QoS 0. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /**
   * A new stream of the messages that match `topicFilter`, or of all.
   * @throws {MqttError} With 0x8F if the filter is not valid.
   */
  open(topicFilter: string | null, options: MessagesOptions): MessageStream {
    if (topicFilter !== null) checkFilter(topicFilter);
    const stream = new MessageStream(this, options);
    if (stream.isEnded) return stream;
    const shared = topicFilter === null ? null : parseSharedFilter(topicFilter);
    const route = { topicFilter: shared?.topicFilter ?? topicFilter, stream };
    this.#routes.push(route);
    this.#forgetLast();
    this.#claim(route);
    return stream;
  }

  deliver(message: ReceivedMessage): void {
    if (this.tap !== null && message.topicName === this.tap.topicName) {
      this.tap.take(message);
      return;
    }
    if (this.#backlog !== null) {
      this.#keep(this.#backlog, message);
      return;
    }
    const streams = this.#streamsFor(message.topicName);
    for (let i = 0; i < streams.length; i++) this.#give(message, streams[i]);
  }

  finished({ receipt }: ReceivedMessage): void {
    if (receipt !== null) this.#owner.released(receipt);
  }

  relieved(): void {
    const wasFull = this.#isFull;
    this.#isFull = this.#backlog?.isFull ??
      this.#routes.some(({ stream }) => stream.isFull);
    if (wasFull && !this.#isFull) this.#owner.relieved();
  }

  left(stream: MessageStream): void {
    const index = this.#routes.findIndex((route) => route.stream === stream);
    if (index < 0) return;
    this.#routes.splice(index, 1);
    this.#forgetLast();
    this.relieved();
  }

  /** Ends all streams, with `error` unless it is `null`. */
  end(error: MqttError | null): void {
    for (const { stream } of this.#routes.splice(0)) stream.end(error);
    this.#forgetLast();
    this.#backlog?.drain();
    this.#isFull = false;
  }

  #give(message: ReceivedMessage, stream: MessageStream): void {
    if (message.receipt !== null) message.receipt.holderCount++;
    if (!stream.deliver(message)) this.droppedCount++;
    if (stream.isFull) this.#isFull = true;
  }

  #keep(backlog: MessageBuffer, message: ReceivedMessage): void {
    if (message.receipt !== null) message.receipt.holderCount++;
    if (!backlog.push(message)) this.droppedCount++;
    if (backlog.isFull) this.#isFull = true;
  }

  /** Gives `route` what came before it, if it is among the first ones. */
  #claim(route: Route): void {
    if (this.#backlog !== null) {
      this.#claimable = this.#backlog.drain();
      this.#backlog = null;
      queueMicrotask(() => this.#releaseClaimable());
    }
    for (const message of this.#claimable) {
      if (matches(route, message.topicName)) this.#give(message, route.stream);
    }
  }

  #releaseClaimable(): void {
    const messages = this.#claimable;
    this.#claimable = [];
    for (const message of messages) this.finished(message);
    this.relieved();
  }

  #streamsFor(topicName: string): MessageStream[] {
    if (topicName !== this.#lastTopicName) {
      this.#lastTopicName = topicName;
      this.#lastStreams = this.#routes
        .filter((route) => matches(route, topicName))
        .map(({ stream }) => stream);
    }
    return this.#lastStreams;
  }

  #forgetLast(): void {
    this.#lastTopicName = "";
    this.#lastStreams = [];
  }
}

function matches({ topicFilter }: Route, topicName: string): boolean {
  return topicFilter === null || matchesTopicFilter(topicFilter, topicName);
}

function checkFilter(topicFilter: string): void {
  const fault = validateSubscriptionFilter(topicFilter);
  if (fault === null) return;
  throw new MqttError(
    `Cannot read messages: Topic Filter "${topicFilter}" has a ${fault}`,
    ReasonCode.topicFilterInvalid,
  );
}
