import { findLevelEnd, HASH, PLUS, SLASH } from "./_levels.ts";
import { extendHash, startHash } from "./_topic_hash.ts";

/** Power of two. Filters that fall together only cost a needless renewal. */
const BUCKET_COUNT = 1024;
/** Literal levels told apart; the fourth tells `v1/site/line/machine`. */
const MAXIMUM_LEVELS = 4;

const encoder = new TextEncoder();

/**
 * When a subscription with wildcards last changed, by the literal levels in
 * front of its first wildcard. A change is noted in one place and a topic is
 * checked against a handful, however many topics and filters there are.
 */
export class TopicChanges {
  readonly #seed: number;
  /** The number of changes so far. */
  #last: number;
  /** The last change with a wildcard for first level. */
  #lastAnywhere: number;
  /** The last change for each bucket of literal prefixes. */
  readonly #lastUnder: Float64Array;

  constructor(seed: number) {
    this.#seed = seed;
    this.#last = 0;
    this.#lastAnywhere = 0;
    this.#lastUnder = new Float64Array(BUCKET_COUNT);
  }

  /** Rises with each change. */
  get last(): number {
    return this.#last;
  }

  /** Notes a change of a subscription whose filter has a wildcard. */
  note(topicFilter: string): void {
    this.#last++;
    const prefix = cutLiteralPrefix(topicFilter);
    if (prefix === null) {
      this.#lastAnywhere = this.#last;
      return;
    }
    let hash = startHash(this.#seed);
    const bytes = encoder.encode(prefix);
    for (let i = 0; i < bytes.length; i++) hash = extendHash(hash, bytes[i]);
    this.#lastUnder[bucketOf(hash)] = this.#last;
  }

  /** Whether a change later than `change` may concern the topic. */
  concernsSince(topicBytes: Uint8Array, change: number): boolean {
    if (this.#lastAnywhere > change) return true;
    let hash = startHash(this.#seed);
    let levels = 0;
    for (let i = 0; i <= topicBytes.length; i++) {
      if (i === topicBytes.length || topicBytes[i] === SLASH) {
        if (this.#lastUnder[bucketOf(hash)] > change) return true;
        if (++levels === MAXIMUM_LEVELS) return false;
      }
      hash = extendHash(hash, topicBytes[i]);
    }
    return false;
  }
}

function bucketOf(hash: number): number {
  return (hash ^ hash >>> 16) & (BUCKET_COUNT - 1);
}

/**
 * The levels before the first wildcard without the `/` behind them, at most
 * `MAXIMUM_LEVELS`; null if the first level is a wildcard.
 */
function cutLiteralPrefix(topicFilter: string): string | null {
  let prefixEnd = -1;
  for (let levels = 0; levels < MAXIMUM_LEVELS; levels++) {
    const start = prefixEnd + 1;
    const first = topicFilter.charCodeAt(start);
    if (first === PLUS || first === HASH) break;
    prefixEnd = findLevelEnd(topicFilter, start);
  }
  return prefixEnd < 0 ? null : topicFilter.slice(0, prefixEnd);
}
