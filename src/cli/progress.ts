import type { Surroundings } from "./surroundings.ts";

const INTERVAL_MS = 200;
/** Short work needs no progress. */
const FIRST_MS = 1_000;

type Watched = Pick<Surroundings, "isWatched" | "now" | "writeStatus">;

/** One line on standard error that changes while somebody watches. */
export class Progress {
  readonly #surroundings: Watched;
  #nextMs: number;
  #isShown = false;

  constructor(surroundings: Watched) {
    this.#surroundings = surroundings;
    this.#nextMs = surroundings.now() + FIRST_MS;
  }

  /** Shows what `describe` says, now and then. */
  show(describe: () => string): void {
    const { isWatched, now, writeStatus } = this.#surroundings;
    if (!isWatched) return;
    const nowMs = now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + INTERVAL_MS;
    this.#isShown = true;
    writeStatus(describe());
  }

  /** Leaves nothing of it on the screen. */
  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#surroundings.writeStatus("");
  }
}
