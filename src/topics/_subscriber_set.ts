import { Leaf } from "./_level_tree.ts";
import { SharedGroup } from "./shared_group.ts";
import type { Subscription } from "./subscription.ts";

/** All subscriptions with one Topic Filter. */
export class SubscriberSet<S> extends Leaf {
  // Most filters have one subscriber: the Map waits for the second.
  #first: Subscription<S> | null;
  #others: Map<S, Subscription<S>> | null;
  #groups: Map<string, SharedGroup<S>> | null;

  constructor(topicFilter: string) {
    super(topicFilter);
    this.#first = null;
    this.#others = null;
    this.#groups = null;
  }

  get isEmpty(): boolean {
    return this.#first === null && this.#others === null &&
      this.#groups === null;
  }

  /** Returns whether it is new; if not, it replaced one. */
  add(subscription: Subscription<S>): boolean {
    const subscriber = subscription.subscriber;
    if (this.#first?.subscriber === subscriber) {
      this.#first = subscription;
      return false;
    }
    if (this.#others?.has(subscriber)) {
      this.#others.set(subscriber, subscription);
      return false;
    }
    if (this.#first === null) this.#first = subscription;
    else (this.#others ??= new Map()).set(subscriber, subscription);
    return true;
  }

  remove(subscriber: S): boolean {
    if (this.#first?.subscriber === subscriber) {
      this.#first = null;
      return true;
    }
    if (!this.#others?.delete(subscriber)) return false;
    if (this.#others.size === 0) this.#others = null;
    return true;
  }

  group(shareName: string): SharedGroup<S> | null {
    return this.#groups?.get(shareName) ?? null;
  }

  addGroup(shareName: string): SharedGroup<S> {
    const group = new SharedGroup<S>(shareName, this.path);
    (this.#groups ??= new Map()).set(shareName, group);
    return group;
  }

  removeGroup(shareName: string): void {
    this.#groups?.delete(shareName);
    if (this.#groups?.size === 0) this.#groups = null;
  }

  /** Appends the non-shared subscriptions and the shared groups. */
  collect(subscriptions: Subscription<S>[], groups: SharedGroup<S>[]): void {
    if (this.#first !== null) subscriptions.push(this.#first);
    if (this.#others !== null) {
      for (const other of this.#others.values()) subscriptions.push(other);
    }
    if (this.#groups !== null) {
      for (const group of this.#groups.values()) groups.push(group);
    }
  }
}
