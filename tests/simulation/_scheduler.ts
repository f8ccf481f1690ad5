import type { Clock } from "../../src/broker/mod.ts";

const START_MS = 1_700_000_000_000;

interface Task {
  readonly atMs: number;
  /** Tasks of the same time run in the order of scheduling. */
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: what is to happen, in its order, and the broker's alarm. */
export class Scheduler implements Clock {
  #nowMs = START_MS;
  #alarmAtMs = Infinity;
  #onAlarm: () => void = () => {};
  #lastOrder = 0;
  /** A binary heap. */
  readonly #tasks: Task[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  get alarmAtMs(): number {
    return this.#alarmAtMs;
  }

  /** Tasks that wait; the alarm is none of them. */
  get taskCount(): number {
    return this.#tasks.length;
  }

  /** The time of the next task or alarm; `Infinity` if there is none. */
  get nextAtMs(): number {
    const taskAtMs = this.#tasks.length > 0 ? this.#tasks[0].atMs : Infinity;
    return Math.min(taskAtMs, this.#alarmAtMs);
  }

  setAlarm(dueAtMs: number, callback: () => void): void {
    this.#alarmAtMs = dueAtMs;
    this.#onAlarm = callback;
  }

  /** Runs `run` when `delayMs` have passed. */
  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): void {
    const task = { atMs, order: ++this.#lastOrder, run };
    const tasks = this.#tasks;
    let index = tasks.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(task, tasks[parent])) break;
      tasks[index] = tasks[parent];
      index = parent;
    }
    tasks[index] = task;
  }

  /**
   * Goes on to the next task or alarm. `beforeRun` is called when the time
   * has been set, and before anything happens at that time.
   */
  step(beforeRun: () => void): void {
    const atMs = this.nextAtMs;
    this.#nowMs = Math.max(this.#nowMs, atMs);
    beforeRun();
    if (this.#alarmAtMs <= atMs) {
      this.#alarmAtMs = Infinity;
      this.#onAlarm();
    } else {
      this.#pop().run();
    }
  }

  /** Lets time pass in which nothing happens. */
  skipTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  #pop(): Task {
    const tasks = this.#tasks;
    const first = tasks[0];
    const last = tasks.pop()!;
    if (tasks.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= tasks.length) break;
      if (
        child + 1 < tasks.length && isBefore(tasks[child + 1], tasks[child])
      ) child++;
      if (!isBefore(tasks[child], last)) break;
      tasks[index] = tasks[child];
      index = child;
    }
    tasks[index] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
