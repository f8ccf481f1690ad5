import type { Store } from "../broker/mod.ts";

/**
 * Keeps nothing beyond the process: the broker's own memory is all there is.
 * What a crash or a restart loses with it is every session, message and
 * subscription.
 */
export class MemoryStore implements Store {
  load(): Promise<void> {
    return Promise.resolve();
  }

  sessionChanged(): void {}

  sessionEnded(): void {}

  subscriptionChanged(): void {}

  retainedChanged(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}
