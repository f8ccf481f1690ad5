import {
  type JournalOptions,
  JournalStore,
  KvMedium,
  type Medium,
  MemoryMedium,
  SILENT_STORE_OBSERVER,
} from "../../src/store/mod.ts";
import { World } from "./_world.ts";

/** Somewhere that a medium can be opened again and again, as after crashes. */
export interface Place extends AsyncDisposable {
  openMedium(): Promise<Medium>;
}

/** Each kind of medium, for suites that hold all of them to the same contract. */
export const PLACES: Readonly<Record<string, () => Place>> = {
  memory: () => new MemoryPlace(),
  "Deno KV": () => new FolderPlace(),
};

/** Segments that stay in memory when a medium on them is closed. */
export class MemoryPlace implements Place {
  readonly medium = new MemoryMedium();

  openMedium(): Promise<Medium> {
    return Promise.resolve(this.medium);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A database file in a folder of its own. */
export class FolderPlace implements Place {
  readonly folder = Deno.makeTempDirSync({ prefix: "rqtt-store-" });
  readonly path = `${this.folder}/store.db`;

  openMedium(): Promise<KvMedium> {
    return KvMedium.open(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** What differs from one {@linkcode Journal} to the other. */
export type JournalChanges = Partial<
  Pick<JournalOptions, "observer" | "cleaning" | "schedule">
>;

/** A store on some medium, the state it keeps, and control over its time. */
export class Journal implements AsyncDisposable {
  readonly world = new World();
  readonly store: JournalStore;
  readonly medium: Medium;
  readonly #place: Place;
  readonly #changes: JournalChanges;
  #scheduled: (() => void)[] = [];
  #isGone = false;

  private constructor(place: Place, medium: Medium, changes: JournalChanges) {
    this.#place = place;
    this.#changes = changes;
    this.medium = medium;
    this.store = new JournalStore({
      medium,
      isAwaited: true,
      gatherMs: 5,
      schedule: (_delayMs, callback) => this.#scheduled.push(callback),
      observer: SILENT_STORE_OBSERVER,
      ...changes,
    });
    this.world.store = this.store;
  }

  /** Opens a store and reads what is there. */
  static async open(
    place: Place,
    changes: JournalChanges = {},
  ): Promise<Journal> {
    const journal = new Journal(place, await place.openMedium(), changes);
    await journal.store.load(journal.world);
    return journal;
  }

  /** Whether something is to happen at a later time. */
  get isScheduled(): boolean {
    return this.#scheduled.length > 0;
  }

  /** Lets the time come for all that has been scheduled so far. */
  run(): void {
    const scheduled = this.#scheduled;
    this.#scheduled = [];
    for (const callback of scheduled) callback();
  }

  /** Resolves when all that the store was told is safe. */
  async commit(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.store.afterCommit({ proceed: resolve }, true);
    this.run();
    await promise;
  }

  /** Forgets the store, as a crash does, and opens another one there. */
  async crash(): Promise<Journal> {
    this.#isGone = true;
    await this.medium.close();
    return await Journal.open(this.#place, this.#changes);
  }

  /** Closes the store, and opens another one there. */
  async restart(): Promise<Journal> {
    await this[Symbol.asyncDispose]();
    return await Journal.open(this.#place, this.#changes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    await this.store.close();
  }
}
