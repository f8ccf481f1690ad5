import {
  JournalStore,
  MemoryMedium,
  SILENT_STORE_OBSERVER,
  type StoreProgress,
} from "../../src/store/mod.ts";
import { assertEquals } from "../_assert.ts";
import { Journal, MemoryPlace } from "./_journal.ts";
import { makeMessage, World } from "./_world.ts";

/** A medium of which each segment takes its time to be read. */
class SlowMedium extends MemoryMedium {
  readonly #waste: () => void;

  constructor(segments: ReadonlyMap<number, Uint8Array>, waste: () => void) {
    super();
    for (const [identifier, bytes] of segments) {
      this.segments.set(identifier, bytes);
    }
    this.#waste = waste;
  }

  override async *read() {
    for await (const segment of super.read()) {
      this.#waste();
      yield segment;
    }
  }
}

Deno.test("Reading that takes long tells once a second how far it has come", async () => {
  const place = new MemoryPlace();
  await using journal = await Journal.open(place);
  const session = journal.world.openSession("a");
  for (let i = 0; i < 5; i++) {
    journal.world.queue(makeMessage("t", `${i}`), [session]);
    await journal.commit();
  }
  const world = new World();
  const told: (readonly [string, StoreProgress])[] = [];
  const store = new JournalStore({
    medium: new SlowMedium(
      place.medium.segments,
      () => world.clock.advance(600),
    ),
    isAwaited: true,
    gatherMs: 5,
    schedule: () => {},
    observer: {
      ...SILENT_STORE_OBSERVER,
      storeReading: (progress) => told.push(["reading", progress]),
      storeRead: (progress) => told.push(["read", progress]),
    },
  });
  await store.load(world);
  assertEquals(
    told.map(([what, { elapsedMs, segmentCount }]) => [
      what,
      elapsedMs,
      segmentCount,
    ]),
    [["reading", 1_200, 2], ["reading", 2_400, 4], ["read", 3_000, 5]],
  );
  assertEquals(told.at(-1)?.[1].sizeBytes, store.readStatistics().sizeBytes);
  await store.close();
});
