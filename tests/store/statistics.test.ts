import {
  SILENT_STORE_OBSERVER,
  type StoreCommit,
} from "../../src/store/mod.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { Server } from "../../src/server.ts";
import { assert, assertEquals } from "../_assert.ts";
import { Journal, MemoryPlace } from "./_journal.ts";
import { makeMessage } from "./_world.ts";

Deno.test("The statistics of a store count commits, bytes, failures and what waits", async () => {
  const place = new MemoryPlace();
  const commits: StoreCommit[] = [];
  const observer = {
    ...SILENT_STORE_OBSERVER,
    storeCommitted: (commit: StoreCommit) => commits.push(commit),
  };
  await using journal = await Journal.open(place, { observer });
  const { store, world } = journal;
  const session = world.openSession("a");
  world.queue(makeMessage("t", "1"), [session]);
  assertEquals(store.readStatistics().pendingCount, 2);
  await journal.commit();
  const first = store.readStatistics();
  assertEquals(
    [first.commitCount, first.pendingCount, first.segmentCount],
    [1, 0, 1],
  );
  assertEquals(first.committedBytes, first.sizeBytes);
  assert(first.liveBytes > 0 && first.liveBytes < first.sizeBytes);

  let attempts = 0;
  place.medium.beforeWrite = () => {
    world.clock.advance(100);
    return ++attempts < 3
      ? Promise.reject(new Error("disk full"))
      : Promise.resolve();
  };
  world.queue(makeMessage("t", "2"), [session]);
  const committed = journal.commit();
  await settle();
  assertEquals(store.readStatistics().isFailing, true);
  journal.run();
  await settle();
  journal.run();
  await committed;
  const { commitCount, failureCount, isFailing } = store.readStatistics();
  assertEquals([commitCount, failureCount, isFailing], [2, 2, false]);
  assertEquals(commits.map(({ elapsedMs }) => elapsedMs), [0, 300]);
  assertEquals(
    commits.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    store.readStatistics().committedBytes,
  );
});

/** Lets promises that have been settled take effect. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("A server tells the statistics of its store, if it has one that keeps anything", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rqtt-statistics-" });
  const config = { ...defaultConfig(), listeners: [] };
  const forgetful = await Server.start({ config });
  assertEquals(forgetful.storeStatistics, null);
  await forgetful.stop();
  const persistence = { ...config.persistence, path: `${folder}/store.db` };
  const lasting = await Server.start({ config: { ...config, persistence } });
  assertEquals(lasting.storeStatistics?.isFailing, false);
  await lasting.stop();
  await Deno.remove(folder, { recursive: true });
});
