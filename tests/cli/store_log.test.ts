import { LogObserver } from "../../src/cli/log_observer.ts";
import { assertEquals } from "../_assert.ts";

/** An observer of a store, what it has logged, and the time it goes by. */
function given() {
  const lines: string[] = [];
  const clock = { nowMs: 0 };
  const write = (level: string) => (message: string) => {
    lines.push(`${level} ${message}`);
  };
  const observer = new LogObserver(
    {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    },
    () => clock.nowMs,
  );
  return { lines, clock, observer };
}

const FAILS =
  "error writing the store fails, messages that need it are refused";
const WORKS = "info writing the store works again";

Deno.test("A store that fails once a second is told of once a minute", () => {
  const { lines, clock, observer } = given();
  for (clock.nowMs = 0; clock.nowMs < 180_000; clock.nowMs += 1_000) {
    observer.storeFailing(new Error("disk full"));
  }
  observer.storeWorking();
  assertEquals(lines, [FAILS, FAILS, FAILS, WORKS]);
});

Deno.test("A store that fails and works in turns is told of once a minute", () => {
  const { lines, clock, observer } = given();
  for (clock.nowMs = 0; clock.nowMs < 120_000; clock.nowMs += 500) {
    observer.storeFailing(new Error("disk full"));
    observer.storeWorking();
  }
  assertEquals(lines, [FAILS, WORKS, FAILS, WORKS]);
});
