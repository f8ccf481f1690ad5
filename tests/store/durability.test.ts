import { PacketType } from "../../src/codec/mod.ts";
import {
  JournalStore,
  MemoryMedium,
  MemoryStore,
  openStore,
  SILENT_STORE_OBSERVER,
} from "../../src/store/mod.ts";
import { assertEquals } from "../_assert.ts";
import { subscribePacket, TestBroker } from "../broker/_harness.ts";
import { FolderPlace } from "./_journal.ts";

const LASTING = {
  cleanStart: false,
  properties: { sessionExpiryInterval: 1_000 },
};

Deno.test({
  name:
    "With durability: relaxed acknowledgements go out at once, and all is written within the interval",
  permissions: "none",
  async fn() {
    const medium = new MemoryMedium();
    const scheduled: { delayMs: number; callback: () => void }[] = [];
    const store = new JournalStore({
      medium,
      isAwaited: false,
      gatherMs: 200,
      schedule: (delayMs, callback) => scheduled.push({ delayMs, callback }),
      observer: SILENT_STORE_OBSERVER,
    });
    const test = new TestBroker({ store });
    await test.broker.start();
    const absent = test.connect("absent", LASTING);
    absent.send(subscribePacket(1, [{ topicFilter: "t", qos: 2 }]));
    assertEquals(absent.next(PacketType.suback).reasonCodes, [2]);
    absent.disconnect();
    const publisher = test.connect("p", LASTING);
    assertEquals(publisher.exchange("t", "1", { qos: 1 }), 0);
    assertEquals(publisher.exchange("t", "2", { qos: 2 }), 0);
    publisher.publish("r", "3", { qos: 1, isRetained: true });
    assertEquals(publisher.next(PacketType.puback).packetIdentifier > 0, true);
    assertEquals(test.connect("absent", LASTING).payloads(), ["1", "2"]);

    // One batch, which nothing has hurried, has all of it.
    assertEquals(scheduled.map(({ delayMs }) => delayMs), [200]);
    assertEquals(medium.segments.size, 0);
    scheduled[0].callback();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assertEquals(medium.segments.size, 1);
    test.finish();
  },
});

Deno.test("durability chooses the store and whether acknowledgements wait for it", async () => {
  await using place = new FolderPlace();
  const rows = [
    ["commit", JournalStore, true],
    ["relaxed", JournalStore, false],
    ["memory", MemoryStore, false],
  ] as const;
  for (const [durability, kind, isAwaited] of rows) {
    const store = await openStore({
      path: place.path,
      durability,
      relaxedIntervalMs: 200,
    });
    assertEquals([store instanceof kind, store.isAwaited], [true, isAwaited]);
    await store.close();
  }
  const store = await openStore({
    path: null,
    durability: "commit",
    relaxedIntervalMs: 200,
  });
  assertEquals(store instanceof MemoryStore, true);
});

Deno.test("A store that is closed has no timer left, whatever it was waiting for", async () => {
  await using place = new FolderPlace();
  const store = await openStore({
    path: place.path,
    durability: "relaxed",
    relaxedIntervalMs: 60_000,
  });
  const test = new TestBroker({ store });
  await test.broker.start();
  test.connect("c", LASTING);
  test.finish();
  // Held against it by the leak checks of the test runner.
  await store.close();
});
