import { mergeSubscriptions, type Receiver } from "./receiver.ts";

/** What a SUBSCRIBE asks for beside the Topic Filter; all default to zero. */
export interface SubscriptionOptions {
  /** The granted QoS. */
  qos?: number;
  noLocal?: boolean;
  retainAsPublished?: boolean;
  retainHandling?: number;
  /** 0 for none. */
  subscriptionIdentifier?: number;
  /** Null for a non-shared subscription. */
  shareName?: string | null;
}

/**
 * One subscription of one subscriber. It never changes: a SUBSCRIBE that
 * replaces it brings a new one [MQTT-3.8.4-3].
 */
export class Subscription<S> {
  readonly subscriber: S;
  /** The Topic Filter without its `$share/{ShareName}/` part. */
  readonly topicFilter: string;
  /** Null for a non-shared subscription. */
  readonly shareName: string | null;
  /** The granted QoS [MQTT-3.8.4-8]. */
  readonly qos: number;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: number;
  /** 0 for none. */
  readonly subscriptionIdentifier: number;
  /** Where a store has put it; the store's own. */
  record: object | null;
  #receiver: Receiver<S> | null;

  constructor(
    subscriber: S,
    topicFilter: string,
    options: SubscriptionOptions = {},
  ) {
    this.subscriber = subscriber;
    this.topicFilter = topicFilter;
    this.shareName = options.shareName ?? null;
    this.qos = options.qos ?? 0;
    this.noLocal = options.noLocal ?? false;
    this.retainAsPublished = options.retainAsPublished ?? false;
    this.retainHandling = options.retainHandling ?? 0;
    this.subscriptionIdentifier = options.subscriptionIdentifier ?? 0;
    this.record = null;
    this.#receiver = null;
  }

  /**
   * Whether `other`, of the same subscriber and Topic Filter, has the same
   * effect. Retain Handling has none beyond the SUBSCRIBE that it stands in.
   */
  isLike(other: Subscription<S>): boolean {
    return this.qos === other.qos && this.noLocal === other.noLocal &&
      this.retainAsPublished === other.retainAsPublished &&
      this.subscriptionIdentifier === other.subscriptionIdentifier;
  }

  /**
   * The receiver of a Topic Name that no other subscription of the subscriber
   * matches. One object for all routes, made when first needed.
   */
  get receiver(): Receiver<S> {
    return this.#receiver ??= mergeSubscriptions([this]);
  }
}
