import { DropLedger, DropReason, Statistics } from "../../src/broker/mod.ts";
import { DropLog } from "../../src/cli/drop_log.ts";
import { makeLogger } from "../_logger.ts";
import { assertEquals } from "../_assert.ts";

/** What drops something, and what was logged since the last time. */
function given(capacity = 100) {
  const { logger, lines } = makeLogger();
  const statistics = new Statistics();
  const drops = new DropLedger(capacity);
  const log = new DropLog({ statistics, drops }, logger);
  return {
    drop(client: string, topic: string, reason: number = DropReason.queueFull) {
      statistics.dropped[reason]++;
      drops.note(0, reason, client, topic, 1);
    },
    tell() {
      log.tell();
      return lines.splice(0).map((line) => line.slice(25));
    },
  };
}

Deno.test("Drops are told as one line for each client and reason", () => {
  const { drop, tell } = given();
  assertEquals(tell(), []);
  drop("one", "a");
  drop("two", "a", DropReason.slowConsumer);
  drop("one", "b");
  drop("one", "b");
  assertEquals(tell(), [
    "warn  messages dropped client=one reason=queue_full count=3 lastTopic=b",
    "warn  messages dropped client=two reason=slow_consumer count=1 lastTopic=a",
  ]);
  assertEquals(tell(), []);
  // The last record of the ledger goes on counting.
  drop("one", "b");
  drop("one", "b");
  assertEquals(tell(), [
    "warn  messages dropped client=one reason=queue_full count=2 lastTopic=b",
  ]);
});

Deno.test("What the ledger has let go of, and many clients, are told as a sum", () => {
  const { drop, tell } = given(20);
  for (let i = 0; i < 30; i++) drop(`c${i}`, "a");
  const lines = tell();
  assertEquals(lines.length, 11);
  assertEquals(
    lines[10],
    "warn  messages of others dropped reason=queue_full count=20",
  );
});
