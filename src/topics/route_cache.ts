import type { Route } from "./route.ts";
import type {
  RouteInvalidator,
  SubscriptionTree,
} from "./subscription_tree.ts";
import { TopicChanges } from "./_topic_changes.ts";
import { equalsTopic, hashTopic } from "./_topic_hash.ts";
import { hasWildcard } from "./topic_filter.ts";

/** The bounds of a {@linkcode RouteCache}. */
export interface RouteCacheOptions {
  /** The most routes kept; 0 keeps none. */
  maximumEntries: number;
  /** Longer Topic Names are resolved each time. */
  maximumTopicBytes: number;
  /**
   * The most references to receivers and groups kept in all routes together;
   * a route with more is not kept. Default 1,048,576, about 8 MiB.
   */
  maximumReceivers?: number;
  /** Makes the hash unknown to outsiders; any 32-bit integer. Default 0. */
  hashSeed?: number;
}

const DEFAULT_MAXIMUM_RECEIVERS = 1 << 20;
const INITIAL_BUCKETS = 64;
/** Colliding topics beyond this number displace each other. */
const MAXIMUM_CHAIN_LENGTH = 8;
/** Referenced routes that the eviction hand passes before it takes one. */
const MAXIMUM_SECOND_CHANCES = 8;

const encoder = new TextEncoder();

/**
 * The routes of the Topic Names in use, found by the bytes of the name. It
 * attaches itself to its tree, so that no change of a subscription escapes it.
 *
 * @typeParam S The subscriber.
 * @typeParam Context See {@linkcode Route}.
 */
export class RouteCache<S, Context = unknown> implements RouteInvalidator {
  readonly #tree: SubscriptionTree<S, Context>;
  readonly #maximumEntries: number;
  readonly #maximumTopicBytes: number;
  readonly #maximumReceivers: number;
  readonly #hashSeed: number;
  readonly #changes: TopicChanges;
  /** Chains of routes; a power of two. */
  #buckets: (Route<S, Context> | null)[];
  #bucketMask: number;
  /** All routes; the eviction hand goes round. */
  readonly #ring: Route<S, Context>[];
  #hand: number;
  #receiverCount: number;
  /** Lookups that found a route. */
  hits: number;
  /** Lookups that did not, or found one that had to be resolved again. */
  misses: number;

  /** @throws {Error} If the tree has a route cache already. */
  constructor(
    tree: SubscriptionTree<S, Context>,
    options: RouteCacheOptions,
  ) {
    this.#tree = tree;
    this.#maximumEntries = options.maximumEntries;
    this.#maximumTopicBytes = options.maximumTopicBytes;
    this.#maximumReceivers = options.maximumReceivers ??
      DEFAULT_MAXIMUM_RECEIVERS;
    this.#hashSeed = options.hashSeed ?? 0;
    this.#changes = new TopicChanges(this.#hashSeed);
    this.#buckets = new Array(INITIAL_BUCKETS).fill(null);
    this.#bucketMask = INITIAL_BUCKETS - 1;
    this.#ring = [];
    this.#hand = 0;
    this.#receiverCount = 0;
    this.hits = 0;
    this.misses = 0;
    tree.attachInvalidator(this);
  }

  /** The number of routes kept. */
  get size(): number {
    return this.#ring.length;
  }

  /** The number of references to receivers and groups in all routes kept. */
  get receiverCount(): number {
    return this.#receiverCount;
  }

  /**
   * The route of the Topic Name in `bytes[start, end)`, or null if it is not
   * kept. A route that a change may concern is resolved again here, since its
   * name is decoded and checked already.
   */
  lookup(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Route<S, Context> | null {
    const hash = hashTopic(bytes, start, end, this.#hashSeed);
    let route = this.#buckets[hash & this.#bucketMask];
    while (route !== null) {
      if (
        route.hash === hash && equalsTopic(route.topicBytes, bytes, start, end)
      ) {
        if (route.checkedAt !== this.#changes.last) {
          return this.#lookupChanged(route);
        }
        route.isReferenced = true;
        this.hits++;
        return route;
      }
      route = route.next;
    }
    this.misses++;
    return null;
  }

  /**
   * Resolves `topicName`, the decoded and checked form of `bytes[start, end)`,
   * which are copied, and keeps the route if the bounds allow.
   */
  insert(
    bytes: Uint8Array,
    start: number,
    end: number,
    topicName: string,
  ): Route<S, Context> {
    const topicBytes = bytes.slice(start, end);
    const hash = hashTopic(topicBytes, 0, topicBytes.length, this.#hashSeed);
    const known = this.#find(topicBytes, hash);
    if (known !== null) this.#remove(known);
    return this.#resolve(topicBytes, hash, topicName);
  }

  /**
   * Drops the route of a literal filter, and lets those that a filter with
   * wildcards may concern be resolved again when they are next looked up. The
   * cost depends on the length of the filter only. Called by the tree.
   */
  invalidate(topicFilter: string): void {
    if (hasWildcard(topicFilter)) {
      this.#changes.note(topicFilter);
      return;
    }
    const topicBytes = encoder.encode(topicFilter);
    const hash = hashTopic(topicBytes, 0, topicBytes.length, this.#hashSeed);
    const route = this.#find(topicBytes, hash);
    if (route !== null) this.#remove(route);
  }

  /**
   * Drops the outdated among the next `count` routes, which otherwise keep
   * subscribers that are gone from being freed until someone publishes to
   * their topic. To be called now and then.
   */
  sweep(count: number): void {
    for (; count > 0 && this.#ring.length > 0; count--) {
      const route = this.#ring[this.#nextIndex()];
      if (!this.#holds(route)) this.#remove(route);
      else this.#hand++;
    }
  }

  #lookupChanged(route: Route<S, Context>): Route<S, Context> {
    if (this.#holds(route)) {
      route.isReferenced = true;
      this.hits++;
      return route;
    }
    this.misses++;
    this.#remove(route);
    return this.#resolve(route.topicBytes, route.hash, route.topicName);
  }

  /** Whether no change concerns the route, which it then remembers. */
  #holds(route: Route<S, Context>): boolean {
    const last = this.#changes.last;
    if (route.checkedAt === last) return true;
    if (this.#changes.concernsSince(route.topicBytes, route.checkedAt)) {
      return false;
    }
    route.checkedAt = last;
    return true;
  }

  #resolve(
    topicBytes: Uint8Array,
    hash: number,
    topicName: string,
  ): Route<S, Context> {
    const route = this.#tree.resolve(topicName);
    route.topicBytes = topicBytes;
    route.hash = hash;
    route.checkedAt = this.#changes.last;
    if (
      this.#maximumEntries > 0 &&
      topicBytes.length <= this.#maximumTopicBytes &&
      route.subscriptionCount <= this.#maximumReceivers
    ) this.#keep(route);
    return route;
  }

  #find(topicBytes: Uint8Array, hash: number): Route<S, Context> | null {
    let route = this.#buckets[hash & this.#bucketMask];
    while (route !== null) {
      if (
        route.hash === hash &&
        equalsTopic(route.topicBytes, topicBytes, 0, topicBytes.length)
      ) return route;
      route = route.next;
    }
    return null;
  }

  #keep(route: Route<S, Context>): void {
    const room = this.#maximumReceivers - route.subscriptionCount;
    while (
      this.#ring.length >= this.#maximumEntries || this.#receiverCount > room
    ) this.#evict();
    if (this.#ring.length >= this.#buckets.length) this.#growBuckets();
    this.#shortenChain(route.hash);
    this.#link(route);
    this.#joinRing(route);
    this.#receiverCount += route.subscriptionCount;
  }

  /** Puts a route just behind the hand, which comes to it last. */
  #joinRing(route: Route<S, Context>): void {
    const ring = this.#ring;
    const index = this.#nextIndex();
    if (index < ring.length) {
      const displaced = ring[index];
      displaced.ringIndex = ring.length;
      ring.push(displaced);
      ring[index] = route;
    } else ring.push(route);
    route.ringIndex = index;
    this.#hand = index + 1;
  }

  #remove(route: Route<S, Context>): void {
    this.#unlink(route);
    const last = this.#ring.pop()!;
    if (last !== route) {
      this.#ring[route.ringIndex] = last;
      last.ringIndex = route.ringIndex;
    }
    route.ringIndex = -1;
    this.#receiverCount -= route.subscriptionCount;
  }

  /** Removes a route that was not looked up lately, or the next in turn. */
  #evict(): void {
    for (let passed = 0; passed < MAXIMUM_SECOND_CHANCES; passed++) {
      const route = this.#ring[this.#nextIndex()];
      if (!route.isReferenced) break;
      route.isReferenced = false;
      this.#hand++;
    }
    this.#remove(this.#ring[this.#nextIndex()]);
  }

  /** Where the hand is; at the end it goes back to the beginning. */
  #nextIndex(): number {
    if (this.#hand >= this.#ring.length) this.#hand = 0;
    return this.#hand;
  }

  #link(route: Route<S, Context>): void {
    const bucket = route.hash & this.#bucketMask;
    route.next = this.#buckets[bucket];
    this.#buckets[bucket] = route;
  }

  #unlink(route: Route<S, Context>): void {
    const bucket = route.hash & this.#bucketMask;
    let previous = this.#buckets[bucket];
    if (previous === route) this.#buckets[bucket] = route.next;
    else {
      while (previous !== null && previous.next !== route) {
        previous = previous.next;
      }
      if (previous !== null) previous.next = route.next;
    }
    route.next = null;
  }

  /** Makes room for one more by dropping the oldest of a full chain. */
  #shortenChain(hash: number): void {
    let length = 1;
    let route = this.#buckets[hash & this.#bucketMask];
    for (; route !== null && route.next !== null; route = route.next) length++;
    if (route !== null && length >= MAXIMUM_CHAIN_LENGTH) this.#remove(route);
  }

  #growBuckets(): void {
    const count = this.#buckets.length * 2;
    this.#buckets = new Array(count).fill(null);
    this.#bucketMask = count - 1;
    for (const route of this.#ring) this.#link(route);
  }
}
