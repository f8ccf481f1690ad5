import type { Store } from "../broker/mod.ts";
import type { Waiting } from "../session/mod.ts";

/**
 * Keeps nothing beyond the process: the broker's own memory is all there is.
 * What a crash or a restart loses with it is every session, message and
 * subscription.
 */
export class MemoryStore implements Store {
  readonly isRecording = false;
  readonly isAwaited = false;
  readonly isFailing = false;

  load(): Promise<void> {
    return Promise.resolve();
  }

  sessionChanged(): void {}

  receivedQos2Changed(): void {}

  sessionEnded(): void {}

  subscriptionAdded(): void {}

  subscriptionRemoved(): void {}

  deliveryAdded(): void {}

  deliveryChanged(): void {}

  deliverySettled(): void {}

  retainedChanged(): void {}

  afterCommit(waiting: Waiting): void {
    waiting.proceed();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
