import fc from "fast-check";
import { type Timer, Timers } from "../../src/broker/timers.ts";
import { assertEquals } from "../_assert.ts";
import { FakeClock } from "./_harness.ts";

const permissions = "none";

/** Timers with nothing but a clock behind them. */
function setUp() {
  const clock = new FakeClock();
  const startMs = clock.nowMs();
  const owner = {
    clock,
    nowMs: startMs,
    flushCount: 0,
    flushTouched() {
      this.flushCount++;
    },
    errors: [] as unknown[],
    timerFailed(error: unknown) {
      this.errors.push(error);
    },
  };
  const timers = new Timers(owner);
  const fired: string[] = [];
  return {
    clock,
    owner,
    timers,
    fired,
    /** Schedules a call that writes its name and the time down. */
    after(ms: number, name = "timer"): Timer {
      return timers.schedule(
        startMs + ms,
        () => fired.push(`${name} at ${clock.nowMs() - startMs}`),
      );
    },
    /** When the clock's alarm is due, counted from the start. */
    get alarmAfterMs(): number {
      return clock.alarmAtMs - startMs;
    },
  };
}

Deno.test({
  name: "timers fire at their time, earliest first",
  permissions,
  fn() {
    const { after, clock, fired, timers } = setUp();
    after(30, "c");
    after(10, "a");
    after(20, "b");
    clock.advance(9);
    assertEquals(fired, []);
    clock.advance(11);
    assertEquals(fired, ["a at 10", "b at 20"]);
    clock.advance(1_000);
    assertEquals(fired, ["a at 10", "b at 20", "c at 30"]);
    assertEquals(timers.size, 0);
    assertEquals(clock.alarmAtMs, Infinity);
  },
});

Deno.test({
  name: "a cancelled timer is gone at once and does not fire",
  permissions,
  fn() {
    const { after, clock, fired, timers } = setUp();
    const first = after(10, "first");
    after(20, "second");
    timers.cancel(first);
    assertEquals(timers.size, 1);
    clock.advance(20);
    assertEquals(fired, ["second at 20"]);
  },
});

Deno.test({
  name: "cancelling nothing, twice, or what has fired does no harm",
  permissions,
  fn() {
    const { after, clock, fired, timers } = setUp();
    const first = after(10, "first");
    const second = after(20, "second");
    after(30, "third");
    timers.cancel(null);
    timers.cancel(second);
    timers.cancel(second);
    clock.advance(10);
    timers.cancel(first);
    assertEquals(timers.size, 1);
    clock.advance(20);
    assertEquals(fired, ["first at 10", "third at 30"]);
  },
});

Deno.test({
  name: "a timer that is due already fires with the next alarm",
  permissions,
  fn() {
    const { after, clock, fired } = setUp();
    clock.advance(50);
    after(10, "late");
    clock.advance(0);
    assertEquals(fired, ["late at 50"]);
  },
});

Deno.test({
  name: "a timer may schedule and cancel others while it fires",
  permissions,
  fn() {
    const { after, clock, fired, owner, timers } = setUp();
    const startMs = owner.nowMs;
    const doomed = after(10, "doomed");
    timers.schedule(startMs + 5, () => {
      timers.cancel(doomed);
      after(5, "same time");
      after(7, "later");
    });
    clock.advance(100);
    assertEquals(fired, ["same time at 5", "later at 7"]);
    assertEquals(timers.size, 0);
  },
});

Deno.test({
  name: "callbacks go by the time of the alarm and their output is flushed",
  permissions,
  fn() {
    const { clock, owner, timers } = setUp();
    const startMs = owner.nowMs;
    let seenMs = 0;
    timers.schedule(startMs + 10, () => seenMs = owner.nowMs);
    clock.advance(10);
    assertEquals(seenMs, startMs + 10);
    assertEquals(owner.flushCount, 1);
  },
});

Deno.test({
  name: "the alarm moves to an earlier timer, never to a later one",
  permissions,
  fn() {
    const setup = setUp();
    setup.after(20);
    assertEquals(setup.alarmAfterMs, 20);
    setup.after(30);
    assertEquals(setup.alarmAfterMs, 20);
    setup.after(10);
    assertEquals(setup.alarmAfterMs, 10);
  },
});

Deno.test({
  name: "the alarm is off when the last timer is cancelled",
  permissions,
  fn() {
    const { after, clock, timers } = setUp();
    const [first, second] = [after(10), after(20)];
    timers.cancel(first);
    assertEquals(clock.alarmAtMs < Infinity, true);
    timers.cancel(second);
    assertEquals(clock.alarmAtMs, Infinity);
    after(30);
    assertEquals(clock.alarmAtMs < Infinity, true);
  },
});

Deno.test({
  name: "any mix of scheduling, cancelling and waiting does what a sorted " +
    "list does",
  permissions,
  fn() {
    const step = fc.oneof(
      fc.nat(50).map((ms) => ({ schedule: ms })),
      fc.nat().map((index) => ({ cancel: index })),
      fc.nat(20).map((ms) => ({ advance: ms })),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, timers } = setUp();
      const fired: number[] = [];
      let model: { timer: Timer; dueAtMs: number }[] = [];
      for (const step of steps) {
        if ("schedule" in step) {
          const dueAtMs = clock.nowMs() + step.schedule;
          const timer = timers.schedule(dueAtMs, () => fired.push(dueAtMs));
          model.push({ timer, dueAtMs });
        } else if ("cancel" in step && model.length > 0) {
          const [{ timer }] = model.splice(step.cancel % model.length, 1);
          timers.cancel(timer);
        } else if ("advance" in step) {
          clock.advance(step.advance);
          const due = model.filter(({ dueAtMs }) => dueAtMs <= clock.nowMs());
          model = model.filter((timer) => !due.includes(timer));
          assertEquals(
            fired.splice(0),
            due.map(({ dueAtMs }) => dueAtMs).sort((a, b) => a - b),
          );
        }
        assertEquals(timers.size, model.length);
      }
    }));
  },
});

Deno.test({
  name: "a callback that throws is reported and does not stop the others",
  permissions,
  fn() {
    const { after, clock, fired, owner, timers } = setUp();
    const defect = new Error("defect");
    timers.schedule(clock.nowMs() + 1, () => {
      throw defect;
    });
    after(1, "same time");
    after(2, "later");
    clock.advance(5);
    assertEquals(owner.errors, [defect]);
    assertEquals(fired.length, 2);
    assertEquals(timers.size, 0);
  },
});
