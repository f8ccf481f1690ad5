import type { Receiver } from "./receiver.ts";
import type { SharedGroup } from "./shared_group.ts";
import { countTopicLevels } from "./topic_filter.ts";

const NO_WORDS = new Int32Array(0);

/**
 * Where a PUBLISH with one Topic Name goes. Made by the subscription tree and
 * kept by the route cache; never changed after that except for `context` and
 * the cache's own fields. It may be kept until the current message is routed,
 * not longer: only the cache knows whether it still holds.
 *
 * @typeParam S The subscriber.
 * @typeParam Context What the broker remembers for the Topic Name.
 */
export class Route<S, Context = unknown> {
  readonly topicName: string;
  /** Levels of the Topic Name, counted once for all that is published to it. */
  readonly levelCount: number;
  /** One for each subscriber with a matching non-shared subscription. */
  readonly receivers: readonly Receiver<S>[];
  /** The matching shared groups; one copy goes to one member of each. */
  readonly sharedGroups: readonly SharedGroup<S>[];
  /** Matching subscriptions, a shared group counting as one. */
  readonly subscriptionCount: number;
  /** The broker's own; null until it sets it, and again on renewal. */
  context: Context | null;

  /** @internal The UTF-8 of the Topic Name, packed; empty if it is not kept. */
  topicWords: Int32Array;
  /** @internal The length of the UTF-8. */
  topicLengthBytes: number;
  /** @internal The hash of the UTF-8. */
  hash: number;
  /** @internal The last change that it accounts for. */
  checkedAt: number;
  /** @internal Whether it was looked up since the eviction hand passed. */
  isReferenced: boolean;
  /** @internal Its place in the eviction ring, -1 if it is in no cache. */
  ringIndex: number;
  /** @internal The next route in the same bucket. */
  next: Route<S, Context> | null;

  constructor(
    topicName: string,
    receivers: readonly Receiver<S>[],
    sharedGroups: readonly SharedGroup<S>[],
    subscriptionCount: number,
  ) {
    this.topicName = topicName;
    this.levelCount = countTopicLevels(topicName);
    this.receivers = receivers;
    this.sharedGroups = sharedGroups;
    this.subscriptionCount = subscriptionCount;
    this.context = null;
    this.topicWords = NO_WORDS;
    this.topicLengthBytes = 0;
    this.hash = 0;
    this.checkedAt = 0;
    this.isReferenced = false;
    this.ringIndex = -1;
    this.next = null;
  }
}
