import {
  Branch,
  countNodes,
  findLeaf,
  insertLeaf,
  type LevelNode,
  removeLeaf,
} from "./_level_tree.ts";
import { DOLLAR, findLevelEnd, matchesLevels } from "./_levels.ts";
import { buildRoute } from "./_route_builder.ts";
import type { Route } from "./route.ts";
import { SubscriberSet } from "./_subscriber_set.ts";
import type { Subscription } from "./subscription.ts";

/** Told of each Topic Filter whose matching routes no longer hold. */
export interface RouteInvalidator {
  invalidate(topicFilter: string): void;
}

/**
 * All subscriptions, ordered by the levels of their Topic Filters.
 *
 * It checks no filter and bounds nothing: callers validate filters and limit
 * their levels and number first.
 *
 * @typeParam S The subscriber, compared by identity.
 * @typeParam Context See {@linkcode Route}.
 */
export class SubscriptionTree<S, Context = unknown> {
  readonly #root: Branch<SubscriberSet<S>>;
  #size: number;
  #sharedSize: number;
  #invalidator: RouteInvalidator | null;
  // Scratch of `resolve`: branches still to visit, and where in the topic.
  readonly #pendingNodes: LevelNode<SubscriberSet<S>>[];
  readonly #pendingStarts: number[];

  constructor() {
    this.#root = new Branch();
    this.#size = 0;
    this.#sharedSize = 0;
    this.#invalidator = null;
    this.#pendingNodes = [];
    this.#pendingStarts = [];
  }

  /** The number of subscriptions, each member of a shared group counting. */
  get size(): number {
    return this.#size;
  }

  /** Those of them that are members of shared groups. */
  get sharedSize(): number {
    return this.#sharedSize;
  }

  /**
   * Adds a subscription. One with the same subscriber, Topic Filter and
   * ShareName is replaced [MQTT-3.8.4-3]; in a shared group the new one takes
   * over its turn.
   */
  add(subscription: Subscription<S>): void {
    const { topicFilter, shareName } = subscription;
    const set = insertLeaf(this.#root, new SubscriberSet<S>(topicFilter));
    if (shareName === null) {
      if (set.add(subscription)) this.#size++;
      this.#invalidator?.invalidate(topicFilter);
      return;
    }
    const known = set.group(shareName);
    const group = known ?? set.addGroup(shareName);
    if (group.add(subscription)) {
      this.#size++;
      this.#sharedSize++;
    }
    // Routes refer to the group, so they see its new member as it is.
    if (known === null) this.#invalidator?.invalidate(topicFilter);
  }

  /** Removes a subscription; false if there is none such. */
  remove(
    subscriber: S,
    topicFilter: string,
    shareName: string | null = null,
  ): boolean {
    const set = findLeaf(this.#root, topicFilter);
    if (set === null) return false;
    if (shareName === null) {
      if (!set.remove(subscriber)) return false;
      this.#invalidator?.invalidate(topicFilter);
    } else {
      const group = set.group(shareName);
      if (group === null || !group.remove(subscriber)) return false;
      this.#sharedSize--;
      if (group.members.length === 0) {
        set.removeGroup(shareName);
        this.#invalidator?.invalidate(topicFilter);
      }
    }
    this.#size--;
    if (set.isEmpty) removeLeaf(this.#root, topicFilter);
    return true;
  }

  /**
   * Finds every subscription that matches a valid Topic Name. The route holds
   * until the next change of a matching subscription; {@linkcode RouteCache}
   * knows when that is.
   */
  resolve(topicName: string): Route<S, Context> {
    const matching: SubscriberSet<S>[] = [];
    this.#collectMatching(topicName, matching);
    return buildRoute(topicName, matching);
  }

  /**
   * Names the one to tell of each change, before `add` or `remove` returns.
   * @throws {Error} If there is one already.
   */
  attachInvalidator(invalidator: RouteInvalidator): void {
    if (this.#invalidator !== null) {
      throw new Error(
        "Cannot attach route invalidator: the subscription tree has one",
      );
    }
    this.#invalidator = invalidator;
  }

  /** The nodes of the tree, 0 when it is empty; visits all of them. */
  countNodes(): number {
    return countNodes(this.#root);
  }

  #collectMatching(topicName: string, matching: SubscriberSet<S>[]): void {
    const pendingNodes = this.#pendingNodes;
    const pendingStarts = this.#pendingStarts;
    const isDollarTopic = topicName.charCodeAt(0) === DOLLAR;
    let node: LevelNode<SubscriberSet<S>> | null = this.#root;
    let start = 0;
    for (;;) {
      if (!(node instanceof Branch)) {
        // Most filters are literal, and strings compare faster as a whole.
        if (
          node.path === topicName ||
          matchesLevels(node.path, node.levelStart, topicName, start)
        ) {
          matching.push(node);
        }
        node = null;
      } else {
        // No leading wildcard matches a leading "$" [MQTT-4.7.2-1].
        const allowsWildcards = start > 0 || !isDollarTopic;
        const multiLevel: LevelNode<SubscriberSet<S>> | null = node.multiLevel;
        if (multiLevel instanceof SubscriberSet && allowsWildcards) {
          matching.push(multiLevel);
        }
        if (start > topicName.length) {
          if (node.here !== null) matching.push(node.here);
          node = null;
        } else {
          const end = findLevelEnd(topicName, start);
          const level = topicName.slice(start, end);
          start = end + 1;
          const singleLevel: LevelNode<SubscriberSet<S>> | null =
            allowsWildcards ? node.singleLevel : null;
          node = node.literalChild(level);
          if (node === null) node = singleLevel;
          else if (singleLevel !== null) {
            pendingNodes.push(singleLevel);
            pendingStarts.push(start);
          }
        }
      }
      if (node !== null) continue;
      if (pendingNodes.length === 0) return;
      node = pendingNodes.pop()!;
      start = pendingStarts.pop()!;
    }
  }
}
