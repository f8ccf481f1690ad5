import { Histogram } from "../broker/mod.ts";
import type { StoreObserver, StoreProgress } from "./observer.ts";
import type { StoreCommit } from "./statistics.ts";

/** Passes everything on, and keeps what batches have taken. */
export class TimedStoreObserver implements StoreObserver {
  readonly commitSeconds: Histogram = new Histogram();
  readonly #observer: StoreObserver;

  constructor(observer: StoreObserver) {
    this.#observer = observer;
  }

  storeReading(progress: StoreProgress): void {
    this.#observer.storeReading(progress);
  }

  storeRead(progress: StoreProgress): void {
    this.#observer.storeRead(progress);
  }

  storeFailing(error: unknown): void {
    this.#observer.storeFailing(error);
  }

  storeWorking(): void {
    this.#observer.storeWorking();
  }

  storeCommitted(commit: StoreCommit): void {
    this.commitSeconds.observe(commit.elapsedMs / 1_000);
    this.#observer.storeCommitted(commit);
  }

  storeDamaged(cause: string): void {
    this.#observer.storeDamaged(cause);
  }

  storeMoved(path: string): void {
    this.#observer.storeMoved(path);
  }
}
