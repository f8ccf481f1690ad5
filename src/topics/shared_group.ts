import type { Receiver } from "./receiver.ts";
import type { Subscription } from "./subscription.ts";

/**
 * The members of one Shared Subscription (one ShareName with one Topic Filter)
 * and whose turn it is. Lives in the subscription tree as long as it has
 * members; routes only refer to it, so the turn survives their renewal.
 */
export class SharedGroup<S> {
  readonly shareName: string;
  readonly topicFilter: string;
  readonly #members: Receiver<S>[];
  readonly #indexes: Map<S, number>;
  /** Members before it had their turn in this round, the others not yet. */
  #cursor: number;

  constructor(shareName: string, topicFilter: string) {
    this.shareName = shareName;
    this.topicFilter = topicFilter;
    this.#members = [];
    this.#indexes = new Map();
    this.#cursor = 0;
  }

  /** The members in no particular order; do not change it. */
  get members(): readonly Receiver<S>[] {
    return this.#members;
  }

  /**
   * Takes in a member, whose first turn is at the end of this round, or
   * replaces its subscription, in which case it keeps its turn. Returns
   * whether it is new.
   */
  add(subscription: Subscription<S>): boolean {
    const index = this.#indexes.get(subscription.subscriber);
    if (index !== undefined) {
      this.#members[index] = subscription.receiver;
      return false;
    }
    this.#indexes.set(subscription.subscriber, this.#members.length);
    this.#members.push(subscription.receiver);
    return true;
  }

  /** Removes a member without giving or costing anyone else a turn. */
  remove(subscriber: S): boolean {
    let hole = this.#indexes.get(subscriber);
    if (hole === undefined) return false;
    if (hole < this.#cursor) {
      // Keeps the members that had their turn before the cursor.
      this.#cursor--;
      this.#move(this.#cursor, hole);
      hole = this.#cursor;
    }
    this.#move(this.#members.length - 1, hole);
    this.#members.pop();
    this.#indexes.delete(subscriber);
    return true;
  }

  /**
   * The member that gets the next message: the first in turn that is
   * `preferred`, else the one whose turn it is; null only if there are no
   * members. Members passed over lose their turn. `preferred` is called for
   * each member at most once and must not change the group.
   */
  select(preferred: (subscriber: S) => boolean): Receiver<S> | null {
    const members = this.#members;
    const count = members.length;
    if (count === 0) return null;
    if (this.#cursor >= count) this.#cursor = 0;
    let index = this.#cursor;
    for (let tried = 0; tried < count; tried++) {
      const member = members[index];
      index = index + 1 === count ? 0 : index + 1;
      if (preferred(member.subscriber)) {
        this.#cursor = index;
        return member;
      }
    }
    return members[this.#cursor++];
  }

  #move(from: number, to: number): void {
    if (from === to) return;
    const member = this.#members[from];
    this.#members[to] = member;
    this.#indexes.set(member.subscriber, to);
  }
}
