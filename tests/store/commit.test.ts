import { assertEquals } from "../_assert.ts";
import { Journal, MemoryPlace } from "./_journal.ts";
import { makeMessage } from "./_world.ts";

/** A journal whose writes go through one by one, when the test says so. */
class SteppedJournal implements AsyncDisposable {
  readonly journal: Journal;
  /** Names given to `after` that have proceeded, in that order. */
  readonly proceeded: string[] = [];
  /** Writes that have begun. */
  writeCount = 0;
  #finish: (() => void) | null = null;

  private constructor(place: MemoryPlace, journal: Journal) {
    this.journal = journal;
    place.medium.beforeWrite = () => {
      this.writeCount++;
      return new Promise((resolve) => this.#finish = resolve);
    };
  }

  static async open(place: MemoryPlace): Promise<SteppedJournal> {
    return new SteppedJournal(place, await Journal.open(place));
  }

  /** Notes when `name` may proceed. */
  after(name: string, isUrgent = true): void {
    this.journal.store.afterCommit(
      { proceed: () => this.proceeded.push(name) },
      isUrgent,
    );
  }

  /** Lets the write that is under way succeed. */
  async finishWrite(): Promise<void> {
    const finish = this.#finish;
    this.#finish = null;
    finish?.();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.journal[Symbol.asyncDispose]();
    for (let turn = 0; turn < 10; turn++) await this.finishWrite();
    await closed;
  }
}

function stepTest(
  name: string,
  test: (stepped: SteppedJournal, place: MemoryPlace) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const place = new MemoryPlace();
    await using stepped = await SteppedJournal.open(place);
    await test(stepped, place);
  });
}

stepTest("Who waits for nothing proceeds at once", (stepped) => {
  stepped.after("a");
  assertEquals(stepped.proceeded, ["a"]);
  return Promise.resolve();
});

stepTest(
  "Who waits proceeds when the write is through, not before",
  async (stepped) => {
    const { journal } = stepped;
    journal.world.openSession("a");
    stepped.after("a");
    assertEquals(stepped.proceeded, []);
    journal.run();
    assertEquals([stepped.writeCount, stepped.proceeded], [1, []]);
    await stepped.finishWrite();
    assertEquals(stepped.proceeded, ["a"]);
  },
);

stepTest(
  "While one batch is written all others gather for one write",
  async (stepped) => {
    const { journal } = stepped;
    journal.world.openSession("first");
    stepped.after("first");
    journal.run();
    for (let i = 0; i < 100; i++) {
      journal.world.openSession(`${i}`);
      stepped.after(`${i}`);
      journal.run();
    }
    assertEquals(stepped.writeCount, 1);
    await stepped.finishWrite();
    assertEquals(stepped.proceeded, ["first"]);
    journal.run();
    assertEquals(stepped.writeCount, 2);
    await stepped.finishWrite();
    assertEquals(
      stepped.proceeded,
      ["first", ...Array.from({ length: 100 }, (_, i) => `${i}`)],
    );
    assertEquals(journal.store.readStatistics().segmentCount, 2);
  },
);

stepTest(
  "Who comes while everything is being written waits for that write",
  async (stepped) => {
    const { journal } = stepped;
    journal.world.openSession("a");
    stepped.after("first");
    journal.run();
    stepped.after("second");
    assertEquals(stepped.proceeded, []);
    await stepped.finishWrite();
    assertEquals(stepped.proceeded, ["first", "second"]);
    assertEquals(journal.isScheduled, false);
  },
);

stepTest(
  "What changes while it is written is written again",
  async (stepped, place) => {
    const { journal } = stepped;
    const session = journal.world.openSession("a");
    stepped.after("first");
    journal.run();
    journal.world.receiveQos2(session, 7);
    stepped.after("second");
    await stepped.finishWrite();
    assertEquals(stepped.proceeded, ["first"]);
    journal.run();
    await stepped.finishWrite();
    assertEquals(stepped.proceeded, ["first", "second"]);
    await using again = await Journal.open(place);
    assertEquals([...again.world.session("a").receivedQos2()], [7]);
  },
);

stepTest("Those who do not hurry wait for the gathering", async (stepped) => {
  const { journal } = stepped;
  const delays: number[] = [];
  const session = journal.world.openSession("a");
  stepped.after("open");
  journal.run();
  await stepped.finishWrite();
  const place = new MemoryPlace();
  await using timed = await Journal.open(place, {
    schedule: (delayMs, callback) => {
      delays.push(delayMs);
      queueMicrotask(callback);
    },
  });
  timed.world.openSession("a");
  assertEquals(delays, [5]);
  timed.store.afterCommit({ proceed() {} }, false);
  assertEquals(delays, [5]);
  timed.store.afterCommit({ proceed() {} }, true);
  timed.store.afterCommit({ proceed() {} }, true);
  assertEquals(delays, [5, 0]);
  assertEquals(session.isPersistent, true);
});

stepTest(
  "A delivery that is settled before its turn is never written",
  (stepped) => {
    const { journal } = stepped;
    const { world } = journal;
    const session = world.openSession("a");
    stepped.after("open");
    journal.run();
    return stepped.finishWrite().then(() => {
      for (let i = 0; i < 100; i++) {
        const [delivery] = world.queue(makeMessage("a", "1"), [session]);
        world.send(session);
        stepped.after(`${i}`, false);
        world.settle(session, delivery);
      }
      journal.run();
      assertEquals(stepped.writeCount, 1);
      assertEquals(stepped.proceeded.length, 101);
    });
  },
);

stepTest(
  "Of a message that one of two has settled only the other's part is written",
  async (stepped, place) => {
    const { journal } = stepped;
    const { world } = journal;
    const [a, b] = [world.openSession("a"), world.openSession("b")];
    const [first] = world.queue(makeMessage("t", "1"), [a, b]);
    world.send(a);
    world.settle(a, first);
    const expected = world.describe();
    stepped.after("done");
    journal.run();
    await stepped.finishWrite();
    await using again = await Journal.open(place);
    assertEquals(again.world.describe(), expected);
  },
);

stepTest("A session that ends before its turn is never written", (stepped) => {
  const { journal } = stepped;
  const { world } = journal;
  const session = world.openSession("a");
  world.subscribe(session, "a");
  world.queue(makeMessage("a", "1"), [session]);
  world.endSession("a");
  stepped.after("done");
  journal.run();
  assertEquals([stepped.writeCount, stepped.proceeded], [0, ["done"]]);
  return Promise.resolve();
});

stepTest(
  "A retained message that is removed before its turn is never written",
  (stepped) => {
    const { journal } = stepped;
    journal.world.retain("a", makeMessage("a", "1"));
    journal.world.retain("a", null);
    stepped.after("done");
    journal.run();
    assertEquals([stepped.writeCount, stepped.proceeded], [0, ["done"]]);
    return Promise.resolve();
  },
);

stepTest("A session that ends with its connection is not stored", (stepped) => {
  const { journal } = stepped;
  const { world } = journal;
  const session = world.openSession("a", { expiryIntervalSeconds: 0 });
  world.subscribe(session, "a");
  stepped.after("done");
  assertEquals([journal.isScheduled, stepped.proceeded], [false, ["done"]]);
  return Promise.resolve();
});

stepTest(
  "A batch is one moment: what was received and what follows from it come together",
  async (stepped, place) => {
    const { journal } = stepped;
    const { world } = journal;
    const [publisher, subscriber] = [
      world.openSession("publisher"),
      world.openSession("subscriber"),
    ];
    stepped.after("open");
    journal.run();
    await stepped.finishWrite();
    // The session was to be written before the messages are queued; both are
    // large, so that more than one operation is needed.
    journal.store.sessionChanged(publisher);
    const payload = "x".repeat(1_000_000);
    for (let i = 1; i <= 4; i++) {
      world.queue(makeMessage("a", payload), [subscriber], { qos: 2 });
      world.receiveQos2(publisher, i);
    }
    journal.run();
    await stepped.finishWrite();
    await using again = await Journal.open(place);
    assertEquals(
      [...again.world.session("publisher").receivedQos2()].length,
      again.world.session("subscriber").queue.length,
    );
    assertEquals(again.world.session("subscriber").queue.length, 4);
  },
);
