import type { Route } from "./route.ts";
import { startsWithWords } from "./_topic_hash.ts";

const INITIAL_BUCKETS = 64;
/** Colliding topics beyond this number displace each other. */
const MAXIMUM_CHAIN_LENGTH = 8;
/** Referenced routes that the eviction hand passes before it takes one. */
const MAXIMUM_SECOND_CHANCES = 8;

/**
 * The routes of a {@linkcode RouteCache} within its bounds: a hash table with
 * chains, and a ring round which a hand goes in search of routes that were not
 * referenced since it last came by. No operation costs more in a full table
 * than in an empty one, or when all topics collide.
 */
export class RouteTable<S, Context> {
  #maximumEntries: number;
  readonly #maximumReceivers: number;
  /** The first route of each chain; a power of two. */
  #buckets: (Route<S, Context> | null)[];
  #bucketMask: number;
  readonly #ring: Route<S, Context>[];
  #hand: number;
  #receiverCount: number;

  constructor(maximumEntries: number, maximumReceivers: number) {
    this.#maximumEntries = maximumEntries;
    this.#maximumReceivers = maximumReceivers;
    this.#buckets = new Array(INITIAL_BUCKETS).fill(null);
    this.#bucketMask = INITIAL_BUCKETS - 1;
    this.#ring = [];
    this.#hand = 0;
    this.#receiverCount = 0;
  }

  get size(): number {
    return this.#ring.length;
  }

  get receiverCount(): number {
    return this.#receiverCount;
  }

  /** The route of the topic packed into `words`, or null. */
  find(
    hash: number,
    lengthBytes: number,
    words: Int32Array,
  ): Route<S, Context> | null {
    let route = this.#buckets[hash & this.#bucketMask];
    while (route !== null) {
      if (
        route.hash === hash && route.topicLengthBytes === lengthBytes &&
        startsWithWords(words, route.topicWords)
      ) return route;
      route = route.next;
    }
    return null;
  }

  /**
   * Adds the route of a topic that has none, evicting others for it; does
   * nothing if it is too large for the bounds by itself.
   */
  add(route: Route<S, Context>): void {
    const room = this.#maximumReceivers - route.subscriptionCount;
    if (this.#maximumEntries <= 0 || room < 0) return;
    while (
      this.#ring.length >= this.#maximumEntries || this.#receiverCount > room
    ) this.#evict();
    if (this.#ring.length >= this.#buckets.length) this.#growBuckets();
    this.#shortenChain(route.hash);
    this.#link(route);
    this.#joinRing(route);
    this.#receiverCount += route.subscriptionCount;
  }

  remove(route: Route<S, Context>): void {
    this.#unlink(route);
    const last = this.#ring.pop()!;
    if (last !== route) {
      this.#ring[route.ringIndex] = last;
      last.ringIndex = route.ringIndex;
    }
    route.ringIndex = -1;
    this.#receiverCount -= route.subscriptionCount;
  }

  /** Keeps so many from now on; evicts what is beyond. */
  resize(maximumEntries: number): void {
    this.#maximumEntries = maximumEntries;
    while (this.#ring.length > maximumEntries) this.#evict();
  }

  /** The route that the hand points to; null if the table is empty. */
  peek(): Route<S, Context> | null {
    if (this.#ring.length === 0) return null;
    if (this.#hand >= this.#ring.length) this.#hand = 0;
    return this.#ring[this.#hand];
  }

  /** Moves the hand on to the next route. */
  advance(): void {
    this.#hand++;
  }

  /** Removes a route that was not looked up lately, or the next in turn. */
  #evict(): void {
    let route = this.peek()!;
    for (let passed = 0; passed < MAXIMUM_SECOND_CHANCES; passed++) {
      if (!route.isReferenced) break;
      route.isReferenced = false;
      this.advance();
      route = this.peek()!;
    }
    this.remove(route);
  }

  /** Puts a route just behind the hand, which comes to it last. */
  #joinRing(route: Route<S, Context>): void {
    const ring = this.#ring;
    const displaced = this.peek();
    if (displaced === null) ring.push(route);
    else {
      displaced.ringIndex = ring.length;
      ring.push(displaced);
      ring[this.#hand] = route;
    }
    route.ringIndex = this.#hand;
    this.advance();
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
    if (route !== null && length >= MAXIMUM_CHAIN_LENGTH) this.remove(route);
  }

  #growBuckets(): void {
    const count = this.#buckets.length * 2;
    this.#buckets = new Array(count).fill(null);
    this.#bucketMask = count - 1;
    for (const route of this.#ring) this.#link(route);
  }
}
