import { findLevelEnd, HASH, PLUS, SLASH } from "./_levels.ts";

/** Power of two. Filters that fall together only cost a needless renewal. */
const BUCKET_COUNT = 1024;
/** Literal levels told apart; the fourth tells `v1/site/line/machine`. */
const MAXIMUM_LEVELS = 4;

const FNV_OFFSET_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/**
 * When a subscription with wildcards last changed, by the literal levels in
 * front of its first wildcard. A change is noted in one place and a topic is
 * checked against a handful, however many topics and filters there are.
 */
export class TopicChanges {
  /** The number of changes so far. */
  #last: number;
  /** The last change with a wildcard for first level. */
  #lastAnywhere: number;
  /** The last change for each bucket of literal prefixes. */
  readonly #lastUnder: Float64Array;

  constructor() {
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
    const prefixEnd = findPrefixEnd(topicFilter);
    if (prefixEnd < 0) {
      this.#lastAnywhere = this.#last;
      return;
    }
    let hash = FNV_OFFSET_BASIS;
    for (let i = 0; i < prefixEnd; i++) {
      hash = Math.imul(hash ^ topicFilter.charCodeAt(i), FNV_PRIME);
    }
    this.#lastUnder[bucketOf(hash)] = this.#last;
  }

  /** Whether a change later than `change` may concern the topic. */
  concernsSince(topicName: string, change: number): boolean {
    if (this.#lastAnywhere > change) return true;
    let hash = FNV_OFFSET_BASIS;
    let levels = 0;
    for (let i = 0; i <= topicName.length; i++) {
      const code = i < topicName.length ? topicName.charCodeAt(i) : SLASH;
      if (code === SLASH) {
        if (this.#lastUnder[bucketOf(hash)] > change) return true;
        if (++levels === MAXIMUM_LEVELS) return false;
      }
      hash = Math.imul(hash ^ code, FNV_PRIME);
    }
    return false;
  }
}

function bucketOf(hash: number): number {
  return (hash ^ hash >>> 16) & (BUCKET_COUNT - 1);
}

/**
 * The end of the levels before the first wildcard, at most `MAXIMUM_LEVELS`,
 * without the `/` behind them; -1 if the first level is a wildcard.
 */
function findPrefixEnd(topicFilter: string): number {
  let end = -1;
  for (let levels = 0; levels < MAXIMUM_LEVELS; levels++) {
    const first = topicFilter.charCodeAt(end + 1);
    if (first === PLUS || first === HASH) break;
    end = findLevelEnd(topicFilter, end + 1);
  }
  return end;
}
