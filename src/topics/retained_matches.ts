import type { RetainedWalk } from "./_retained_walk.ts";

/**
 * The retained messages that match a filter, found as they are asked for.
 *
 * Messages may be set and deleted in between: a message that is replaced comes
 * in its new form, one that is deleted does not come, and one whose topic had
 * none when the search began does not either (whoever subscribed before that
 * receives it as it is published). No other message is left out or repeated.
 */
export class RetainedMatches<M> implements IterableIterator<M> {
  readonly #walk: RetainedWalk<M>;

  /** @internal Made by `RetainedTree.match`. */
  constructor(walk: RetainedWalk<M>) {
    this.#walk = walk;
  }

  /** Whether all of the tree that can match has been visited. */
  get isDone(): boolean {
    return this.#walk.isDone;
  }

  /**
   * The next message, looking at no more than `maximumSteps` nodes of the
   * tree. `undefined` means that none was found among these, and no more will
   * be if `isDone`. So a filter that matches nothing in a large tree does not
   * hold up everything else.
   */
  advance(maximumSteps: number): M | undefined {
    return this.#walk.advance(maximumSteps)?.message;
  }

  /** The next message, however long it takes to find. */
  next(): IteratorResult<M, undefined> {
    const entry = this.#walk.advance(Infinity);
    if (entry === null) return { done: true, value: undefined };
    return { done: false, value: entry.message! };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
