import { assert, assertEquals } from "../_assert.ts";
import { Journal, MemoryPlace } from "./_journal.ts";
import { deliveriesOf, makeMessage } from "./_world.ts";

const KIB = 1_024;
/** Garbage that the journal may hold, the batch that is being written included. */
const TOLERATED_BYTES = 5 * KIB * KIB;

/** Commits until nothing is scheduled any more; returns how often. */
async function comeToRest(journal: Journal): Promise<number> {
  for (let count = 0; count < 1_000; count++) {
    if (!journal.isScheduled) return count;
    journal.run();
    await journal.commit();
  }
  throw new Error("Cannot come to rest: the journal writes and writes");
}

function storedBytes({ medium }: MemoryPlace): number {
  return [...medium.segments.values()]
    .reduce((sum, { length }) => sum + length, 0);
}

Deno.test("Space comes back when all messages are settled", async () => {
  const place = new MemoryPlace();
  await using journal = await Journal.open(place);
  const { world } = journal;
  const session = world.openSession("a");
  const payload = "x".repeat(KIB);
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 500; i++) {
      world.queue(makeMessage("a", payload), [session]);
    }
    await journal.commit();
    while (session.queue.length > 0) {
      world.settle(session, world.send(session)!);
    }
    await journal.commit();
    assert(storedBytes(place) < TOLERATED_BYTES, `${storedBytes(place)} bytes`);
  }
  await comeToRest(journal);
  assertEquals(journal.store.readStatistics().sizeBytes, storedBytes(place));
  await using again = await journal.restart();
  assertEquals(Object.keys(again.world.describe().sessions), ["a"]);
});

Deno.test("Space comes back while the broker is never idle", async () => {
  const place = new MemoryPlace();
  await using journal = await Journal.open(place);
  const { world } = journal;
  const [old, session] = [world.openSession("old"), world.openSession("a")];
  world.queue(makeMessage("a", "in the oldest segment, for good"), [old]);
  const payload = "x".repeat(10 * KIB);
  let most = 0;
  for (let round = 0; round < 2_000; round++) {
    world.queue(makeMessage("a", payload), [session]);
    const committed = journal.commit();
    // The next change comes before this write is through.
    world.settle(session, world.send(session)!);
    await committed;
    most = Math.max(most, storedBytes(place));
  }
  assert(most < TOLERATED_BYTES, `${most} bytes`);
  assertEquals(deliveriesOf(old).length, 1);
});

Deno.test("A retained message that changes all the time takes no more space", async () => {
  const place = new MemoryPlace();
  await using journal = await Journal.open(place);
  const { world } = journal;
  world.openSession("a");
  for (let round = 0; round < 3_000; round++) {
    world.retain("a", makeMessage("a", `${round} ${"x".repeat(5 * KIB)}`));
    await journal.commit();
  }
  assert(storedBytes(place) < TOLERATED_BYTES);
  await comeToRest(journal);
  const expected = world.describe();
  await using again = await journal.crash();
  assertEquals(again.world.describe(), expected);
});

Deno.test("Many small segments become few", async () => {
  const place = new MemoryPlace();
  await using journal = await Journal.open(place);
  const { world } = journal;
  for (let i = 0; i < 3_000; i++) {
    world.openSession(`client-${i}`);
    await journal.commit();
  }
  await comeToRest(journal);
  assert(place.medium.segments.size < 600, `${place.medium.segments.size}`);
  const expected = world.describe();
  await using again = await journal.crash();
  assertEquals(again.world.describe(), expected);
});

Deno.test("A store that is mostly valid is not written again after a restart", async () => {
  const place = new MemoryPlace();
  await using journal = await Journal.open(place);
  const { world } = journal;
  const session = world.openSession("a");
  for (let i = 0; i < 100; i++) {
    world.queue(makeMessage("a", "x".repeat(100 * KIB)), [session]);
    await journal.commit();
  }
  await using again = await journal.restart();
  assertEquals(again.isScheduled, false);
  again.world.openSession("b");
  await again.commit();
  assertEquals(await comeToRest(again), 0);
  assertEquals(again.store.readStatistics().sizeBytes, storedBytes(place));
});

Deno.test("Cleaning ends when there is nothing left to clean", async () => {
  const limits = { toleratedBytes: 0, toleratedSegments: 0, movedBytes: 1_000 };
  const place = new MemoryPlace();
  await using journal = await Journal.open(place, { cleaning: limits });
  const { world } = journal;
  const sessions = ["a", "b", "c"].map((name) => world.openSession(name));
  for (let i = 0; i < 200; i++) {
    world.queue(makeMessage("a", "x".repeat(100)), sessions);
    if (i % 3 === 0) world.settle(sessions[0], world.send(sessions[0])!);
    await journal.commit();
  }
  const expected = world.describe();
  await comeToRest(journal);
  assert(storedBytes(place) < 100_000, `${storedBytes(place)} bytes`);
  await using again = await journal.crash();
  assertEquals(again.world.describe(), expected);
});
