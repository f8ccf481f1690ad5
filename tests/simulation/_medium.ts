import { MemoryMedium } from "../../src/store/mod.ts";
import type { StoredSegment } from "../../src/store/medium.ts";
import { EMPTY_SNAPSHOT, type Snapshot, takeSnapshot } from "./_model_crash.ts";
import type { World } from "./_world.ts";

/**
 * A medium that takes its time, fails for a while, and loses what it has not
 * written when the broker crashes. It knows what is safe, because a batch
 * holds everything that came about until it was begun.
 */
export class SimulatedMedium extends MemoryMedium {
  isFailing = false;
  readonly #world: World;
  readonly #snapshots = new Map<number, Snapshot>();
  #safe: Snapshot = EMPTY_SNAPSHOT;
  /** The write that has not been confirmed. */
  #writing: {
    readonly segment: StoredSegment;
    readonly removed: readonly number[];
  } | null = null;
  /** Counts the crashes: what was under way before never ends. */
  #generation = 0;

  constructor(world: World) {
    super();
    this.#world = world;
  }

  override write(
    segment: StoredSegment,
    removed: readonly number[],
  ): Promise<void> {
    const { identifier } = segment;
    if (!this.#snapshots.has(identifier)) {
      this.#snapshots.set(identifier, takeSnapshot(this.#world.model));
    }
    this.#writing = { segment, removed };
    return this.#later(() => {
      const isFailing = this.isFailing;
      // What is said to have failed may have been written all the same.
      if (!isFailing || this.#world.dice.oneIn(3)) this.#apply();
      this.#writing = null;
      if (isFailing) throw new Error("the medium fails");
    });
  }

  /** The broker has crashed: what is under way is written, or it is not. */
  crash(): Snapshot {
    this.#generation++;
    if (this.#writing !== null && this.#world.dice.oneIn(2)) this.#apply();
    this.#writing = null;
    this.#snapshots.clear();
    return this.#safe;
  }

  #apply(): void {
    const { removed, segment: { bytes, identifier } } = this.#writing!;
    this.segments.set(identifier, bytes.slice());
    for (const each of removed) this.segments.delete(each);
    this.#safe = this.#snapshots.get(identifier)!;
  }

  #later(run: () => void): Promise<void> {
    const { dice, scheduler } = this.#world;
    const generation = this.#generation;
    return new Promise((resolve, reject) => {
      scheduler.after(dice.between(0, dice.pick([1, 1, 1, 200])), () => {
        if (generation !== this.#generation) return;
        this.#world.unsettle();
        try {
          run();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
