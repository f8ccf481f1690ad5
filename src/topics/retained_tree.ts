import {
  Branch,
  countNodes,
  findLeaf,
  insertLeaf,
  removeLeaf,
} from "./_level_tree.ts";
import { RetainedMatches } from "./retained_matches.ts";
import { RetainedEntry, RetainedWalk } from "./_retained_walk.ts";

/**
 * The retained message of each Topic Name, ordered by levels.
 *
 * It checks no name and bounds nothing: callers validate Topic Names and limit
 * their levels and number first.
 *
 * @typeParam M The message; never `undefined`.
 */
export class RetainedTree<M> {
  readonly #root: Branch<RetainedEntry<M>>;
  #size: number;
  /** The number of entries ever made, which dates each of them. */
  #lastCreated: number;

  constructor() {
    this.#root = new Branch();
    this.#size = 0;
    this.#lastCreated = 0;
  }

  /** The number of retained messages. */
  get size(): number {
    return this.#size;
  }

  get(topicName: string): M | undefined {
    return findLeaf(this.#root, topicName)?.message;
  }

  /** Stores a message and returns the one it replaces [MQTT-3.3.1-5]. */
  set(topicName: string, message: M): M | undefined {
    const known = findLeaf(this.#root, topicName);
    if (known !== null) {
      const old = known.message;
      known.message = message;
      return old;
    }
    this.#size++;
    this.#lastCreated++;
    insertLeaf(
      this.#root,
      new RetainedEntry(topicName, message, this.#lastCreated),
    );
    return undefined;
  }

  /** Removes a message and returns it [MQTT-3.3.1-6]. */
  delete(topicName: string): M | undefined {
    const entry = removeLeaf(this.#root, topicName);
    if (entry === null) return undefined;
    this.#size--;
    const old = entry.message;
    // Iterators under way may still hold the entry.
    entry.message = undefined;
    return old;
  }

  /**
   * The messages that a valid Topic Filter (without `$share` part) matches,
   * in no particular order.
   */
  match(topicFilter: string): RetainedMatches<M> {
    return new RetainedMatches(this.#walk(topicFilter));
  }

  /**
   * All Topic Names with their messages, in no particular order; the tree may
   * change in between as during {@linkcode match}.
   */
  entries(): IterableIterator<[string, M]> {
    return iterateEntries(this.#walk(null));
  }

  /** The nodes of the tree, 0 when it is empty; visits all of them. */
  countNodes(): number {
    return countNodes(this.#root);
  }

  #walk(topicFilter: string | null): RetainedWalk<M> {
    return new RetainedWalk(this.#root, topicFilter, this.#lastCreated);
  }
}

function* iterateEntries<M>(
  walk: RetainedWalk<M>,
): IterableIterator<[string, M]> {
  for (;;) {
    const entry = walk.advance(Infinity);
    if (entry === null) return;
    yield [entry.path, entry.message!];
  }
}
