import { beforeDeadline } from "./_deadline.ts";

/** What arrives, in order, for a test that takes one after the other. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #takers: PromiseWithResolvers<Item>[] = [];
  #end: Error | null = null;

  push(item: Item): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker.resolve(item);
  }

  /** Nothing more will arrive; whoever waits for more is told `reason`. */
  end(reason: string): void {
    this.#end ??= new Error(reason);
    for (const taker of this.#takers.splice(0)) taker.reject(this.#end);
  }

  /**
   * The next item; `what` says what it should be, for the message if it never
   * comes.
   */
  async next(what: string): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    if (this.#end !== null) {
      throw new Error(`Waited for ${what}: ${this.#end.message}`, {
        cause: this.#end,
      });
    }
    const taker = Promise.withResolvers<Item>();
    this.#takers.push(taker);
    return await beforeDeadline(taker.promise, what);
  }

  /** Takes items until one makes `pick` return something, and returns that. */
  async find<Found>(
    what: string,
    pick: (item: Item) => Found | undefined,
  ): Promise<Found> {
    for (;;) {
      const found = pick(await this.next(what));
      if (found !== undefined) return found;
    }
  }
}
