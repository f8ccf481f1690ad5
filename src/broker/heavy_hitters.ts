/** How long a key is remembered: its rate is an average over about this time. */
const MEMORY_SECONDS = 10;

/** Keys forget once in this time, not with each message. */
const DECAY_INTERVAL_MS = 1_000;

/** Longer keys are cut: they must not pin what they were cut out of. */
const LONGEST_KEY_LENGTH = 256;

/** What one key has done of late. */
export interface HeavyHitter {
  readonly key: string;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

interface Counter {
  messages: number;
  bytes: number;
  /** What of `messages` may belong to keys that had the counter before. */
  uncertain: number;
}

/**
 * The keys that occur most often, in bounded memory: the space-saving sketch
 * of Metwally, Agrawal and El Abbadi, with counters that fade. Any key with
 * more than one in `capacity` of the messages is among them.
 */
export class HeavyHitters {
  readonly #capacity: number;
  readonly #counters = new Map<string, Counter>();
  #decayedAtMs = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Counts messages of `key`, of `bytes` in all. */
  add(key: string, messages: number, bytes: number, nowMs: number): void {
    this.#decay(nowMs);
    if (key.length > LONGEST_KEY_LENGTH) key = shorten(key);
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = this.#counters.size < this.#capacity
        ? { messages: 0, bytes: 0, uncertain: 0 }
        : this.#takeSmallest();
      this.#counters.set(key, counter);
    }
    counter.messages += messages;
    counter.bytes += bytes;
  }

  /** At most `count` keys, the busiest first; what is uncertain is not counted. */
  top(count: number, nowMs: number): HeavyHitter[] {
    this.#decay(nowMs);
    const hitters: HeavyHitter[] = [];
    for (const [key, { messages, bytes, uncertain }] of this.#counters) {
      const messagesPerSecond = (messages - uncertain) / MEMORY_SECONDS;
      if (messagesPerSecond < 0.01) continue;
      const bytesPerSecond = bytes / MEMORY_SECONDS;
      hitters.push({ key, messagesPerSecond, bytesPerSecond });
    }
    hitters.sort((a, b) => b.messagesPerSecond - a.messagesPerSecond);
    return hitters.slice(0, count);
  }

  /** Takes the counter of the key with the least messages away from it. */
  #takeSmallest(): Counter {
    let smallestKey = "";
    let smallest: Counter | null = null;
    for (const [key, counter] of this.#counters) {
      if (smallest !== null && counter.messages >= smallest.messages) continue;
      smallestKey = key;
      smallest = counter;
    }
    this.#counters.delete(smallestKey);
    const { messages } = smallest!;
    return { messages, bytes: 0, uncertain: messages };
  }

  #decay(nowMs: number): void {
    const elapsedMs = nowMs - this.#decayedAtMs;
    if (elapsedMs < DECAY_INTERVAL_MS) return;
    this.#decayedAtMs = nowMs;
    const factor = Math.exp(-elapsedMs / 1_000 / MEMORY_SECONDS);
    for (const [key, counter] of this.#counters) {
      counter.messages *= factor;
      counter.bytes *= factor;
      counter.uncertain *= factor;
      if (counter.messages < 0.01) this.#counters.delete(key);
    }
  }
}

/** The beginning of `text`, in memory of its own. */
export function shorten(text: string): string {
  return [...text.slice(0, LONGEST_KEY_LENGTH - 1)].join("") + "…";
}
