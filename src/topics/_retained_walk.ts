import { Branch, Leaf, type LevelNode } from "./_level_tree.ts";
import { findLevelEnd, HASH, PLUS } from "./_levels.ts";
import { matchesTopicFilter } from "./topic_filter.ts";

/** The retained message of one Topic Name, which is its path. */
export class RetainedEntry<M> extends Leaf {
  /** Undefined once deleted: a walk may still come to the entry. */
  message: M | undefined;
  /** The number of entries made before it, itself included. */
  readonly createdAt: number;

  constructor(topicName: string, message: M, createdAt: number) {
    super(topicName);
    this.message = message;
    this.createdAt = createdAt;
  }
}

/** Something still to visit: one node, or one by one those of an iterator. */
interface Pending<M> {
  node: LevelNode<RetainedEntry<M>> | null;
  nodes: Iterator<LevelNode<RetainedEntry<M>>> | null;
  /** The position in the filter that the nodes are to match from. */
  filterStart: number;
}

/**
 * Visits the entries that match a filter, one step at a time, while the tree
 * changes between the steps.
 *
 * That is sound because a branch is never replaced while it leads to an entry,
 * the iterators of a Map follow its changes, and each entry is checked against
 * the whole filter when it is reached, wherever it was when the walk began.
 * Entries made after that are passed over, so a walk ends even while topics
 * are deleted and set again all the time.
 */
export class RetainedWalk<M> {
  readonly #filter: string | null;
  readonly #lastCreated: number;
  readonly #pending: Pending<M>[];

  /** Null for `filter` visits all entries, those under `$` included. */
  constructor(
    root: Branch<RetainedEntry<M>>,
    filter: string | null,
    lastCreated: number,
  ) {
    this.#filter = filter;
    this.#lastCreated = lastCreated;
    this.#pending = [{ node: root, nodes: null, filterStart: 0 }];
  }

  get isDone(): boolean {
    return this.#pending.length === 0;
  }

  /** The next entry, or null after `maximumSteps` steps or at the end. */
  advance(maximumSteps: number): RetainedEntry<M> | null {
    for (; maximumSteps > 0 && !this.isDone; maximumSteps--) {
      const entry = this.#step();
      if (entry !== null && this.#accepts(entry)) return entry;
    }
    return null;
  }

  #accepts(entry: RetainedEntry<M>): boolean {
    return entry.message !== undefined &&
      entry.createdAt <= this.#lastCreated &&
      (this.#filter === null || matchesTopicFilter(this.#filter, entry.path));
  }

  #step(): RetainedEntry<M> | null {
    const pending = this.#pending[this.#pending.length - 1];
    if (pending.nodes === null) {
      this.#pending.pop();
      return this.#visit(pending.node!, pending.filterStart);
    }
    const next = pending.nodes.next();
    if (!next.done) return this.#visit(next.value, pending.filterStart);
    this.#pending.pop();
    return null;
  }

  #visit(
    node: LevelNode<RetainedEntry<M>>,
    start: number,
  ): RetainedEntry<M> | null {
    const filter = this.#filter;
    while (node instanceof Branch) {
      if (filter === null) {
        this.#pushChildren(node, 0);
        return node.here;
      }
      if (start > filter.length) return node.here;
      const first = filter.charCodeAt(start);
      if (first === HASH) {
        this.#pushChildren(node, start);
        return node.here;
      }
      const end = findLevelEnd(filter, start);
      if (first === PLUS) {
        this.#pushChildren(node, end + 1);
        return null;
      }
      const child = node.literalChild(filter.slice(start, end));
      if (child === null) return null;
      node = child;
      start = end + 1;
    }
    return node;
  }

  #pushChildren(branch: Branch<RetainedEntry<M>>, filterStart: number): void {
    const nodes = branch.children?.values() ?? null;
    const node = branch.onlyChild;
    if (nodes === null && node === null) return;
    this.#pending.push({ node, nodes, filterStart });
  }
}
