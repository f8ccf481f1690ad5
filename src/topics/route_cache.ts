import type { Route } from "./route.ts";
import { RouteTable } from "./_route_table.ts";
import type {
  RouteInvalidator,
  SubscriptionTree,
} from "./subscription_tree.ts";
import { TopicChanges } from "./_topic_changes.ts";
import { countWords, packTopic } from "./_topic_hash.ts";
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
const LONGEST_TOPIC_BYTES = 65_535;

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
  readonly #maximumTopicBytes: number;
  readonly #hashSeed: number;
  readonly #table: RouteTable<S, Context>;
  readonly #changes: TopicChanges;
  /** The topic looked for last, packed, and its hash. */
  readonly #words: Int32Array;
  #hash: number;
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
    this.#maximumTopicBytes = Math.min(
      options.maximumTopicBytes,
      LONGEST_TOPIC_BYTES,
    );
    this.#hashSeed = options.hashSeed ?? 0;
    this.#table = new RouteTable(
      options.maximumEntries,
      options.maximumReceivers ?? DEFAULT_MAXIMUM_RECEIVERS,
    );
    this.#changes = new TopicChanges();
    this.#words = new Int32Array(countWords(this.#maximumTopicBytes));
    this.#hash = 0;
    this.hits = 0;
    this.misses = 0;
    tree.attachInvalidator(this);
  }

  /** The number of routes kept. */
  get size(): number {
    return this.#table.size;
  }

  /** Keeps at most `maximumEntries` routes from now on. */
  resize(maximumEntries: number): void {
    this.#table.resize(maximumEntries);
  }

  /** The number of references to receivers and groups in all routes kept. */
  get receiverCount(): number {
    return this.#table.receiverCount;
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
    const route = this.#find(bytes, start, end);
    if (route === null) {
      this.misses++;
      return null;
    }
    if (!this.#holds(route)) {
      this.misses++;
      return this.#renew(route);
    }
    route.isReferenced = true;
    this.hits++;
    return route;
  }

  /**
   * Resolves `topicName`, the decoded and checked form of `bytes[start, end)`,
   * and keeps the route if the bounds allow. The bytes are copied.
   */
  insert(
    bytes: Uint8Array,
    start: number,
    end: number,
    topicName: string,
  ): Route<S, Context> {
    const lengthBytes = end - start;
    const route = this.#tree.resolve(topicName);
    if (lengthBytes > this.#maximumTopicBytes) return route;
    const known = this.#find(bytes, start, end);
    if (known !== null) this.#table.remove(known);
    // Looking for it has left its words and hash behind.
    route.topicWords = this.#words.slice(0, countWords(lengthBytes));
    route.topicLengthBytes = lengthBytes;
    route.hash = this.#hash;
    route.checkedAt = this.#changes.last;
    this.#table.add(route);
    return route;
  }

  /**
   * Drops the route of a literal filter, and lets those that a filter with
   * wildcards may concern be resolved again when they are next looked up. The
   * cost depends on the length of the filter only. Called by the tree.
   */
  invalidate(topicFilter: string): void {
    // Hundreds of thousands of subscriptions may come back before any message.
    if (this.size === 0) return;
    if (hasWildcard(topicFilter)) {
      this.#changes.note(topicFilter);
      return;
    }
    const bytes = encoder.encode(topicFilter);
    const route = this.#find(bytes, 0, bytes.length);
    if (route !== null) this.#table.remove(route);
  }

  /**
   * Drops the outdated among the next `count` routes, which otherwise keep
   * subscribers that are gone from being freed until someone publishes to
   * their topic. To be called now and then.
   */
  sweep(count: number): void {
    for (; count > 0; count--) {
      const route = this.#table.peek();
      if (route === null) return;
      if (this.#holds(route)) this.#table.advance();
      else this.#table.remove(route);
    }
  }

  #find(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Route<S, Context> | null {
    const lengthBytes = end - start;
    if (lengthBytes > this.#maximumTopicBytes) return null;
    const words = this.#words;
    this.#hash = packTopic(bytes, start, end, this.#hashSeed, words);
    return this.#table.find(this.#hash, lengthBytes, words);
  }

  /** Whether no change concerns the route, which it then remembers. */
  #holds(route: Route<S, Context>): boolean {
    const last = this.#changes.last;
    if (route.checkedAt === last) return true;
    if (this.#changes.concernsSince(route.topicName, route.checkedAt)) {
      return false;
    }
    route.checkedAt = last;
    return true;
  }

  #renew(old: Route<S, Context>): Route<S, Context> {
    this.#table.remove(old);
    const route = this.#tree.resolve(old.topicName);
    route.topicWords = old.topicWords;
    route.topicLengthBytes = old.topicLengthBytes;
    route.hash = old.hash;
    route.checkedAt = this.#changes.last;
    route.isReferenced = true;
    this.#table.add(route);
    return route;
  }
}
