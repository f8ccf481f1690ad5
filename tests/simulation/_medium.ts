import { MemoryMedium } from "../../src/store/mod.ts";
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
  /** The write, and the removal, that has not been confirmed. */
  #writing: { readonly identifier: number; readonly bytes: Uint8Array } | null =
    null;
  #removing: readonly number[] = [];
  /** Counts the crashes: what was under way before never ends. */
  #generation = 0;

  constructor(world: World) {
    super();
    this.#world = world;
  }

  override write(identifier: number, bytes: Uint8Array): Promise<void> {
    if (!this.#snapshots.has(identifier)) {
      this.#snapshots.set(identifier, takeSnapshot(this.#world.model));
    }
    this.#writing = { identifier, bytes: bytes.slice() };
    return this.#later(() => {
      const isFailing = this.isFailing;
      // What is said to have failed may have been written all the same.
      if (!isFailing || this.#world.dice.oneIn(3)) this.#apply();
      this.#writing = null;
      if (isFailing) throw new Error("the medium fails");
    });
  }

  override remove(identifiers: readonly number[]): Promise<void> {
    this.#removing = identifiers;
    return this.#later(() => {
      this.#removing = [];
      if (this.isFailing) throw new Error("the medium fails");
      for (const identifier of identifiers) this.segments.delete(identifier);
    });
  }

  /** The broker has crashed; what is under way is done, half done, or not at all. */
  crash(): Snapshot {
    const { dice } = this.#world;
    this.#generation++;
    if (this.#writing !== null && dice.oneIn(2)) this.#apply();
    this.#writing = null;
    const removedCount = dice.integer(this.#removing.length + 1);
    for (const identifier of this.#removing.slice(0, removedCount)) {
      this.segments.delete(identifier);
    }
    this.#removing = [];
    this.#snapshots.clear();
    return this.#safe;
  }

  #apply(): void {
    const { bytes, identifier } = this.#writing!;
    this.segments.set(identifier, bytes);
    this.#safe = this.#snapshots.get(identifier)!;
  }

  #later(run: () => void): Promise<void> {
    const { dice, scheduler } = this.#world;
    const generation = this.#generation;
    return new Promise((resolve, reject) => {
      scheduler.after(dice.between(0, dice.pick([1, 1, 1, 200])), () => {
        if (generation !== this.#generation) return;
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
