import type { Clock } from "./interfaces.ts";

/** Whose deadlines these are: the clock, and the time that callbacks go by. */
export interface TimersOwner {
  readonly clock: Clock;
  nowMs: number;
  flushTouched(): void;
  /** A callback threw, which is a defect. */
  timerFailed(error: unknown): void;
}

/** One scheduled call; {@linkcode Timers.cancel} takes it back. */
export class Timer {
  dueAtMs: number;
  readonly callback: () => void;
  /** Place in the heap; -1 when it is not scheduled. */
  index: number;

  constructor(dueAtMs: number, callback: () => void) {
    this.dueAtMs = dueAtMs;
    this.callback = callback;
    this.index = -1;
  }
}

/**
 * All the broker's deadlines in one binary heap over one alarm of the clock.
 * A cancelled timer leaves at once: a Keep Alive of hours on a connection of
 * seconds must not stay in memory for hours.
 */
export class Timers {
  readonly #owner: TimersOwner;
  readonly #heap: Timer[] = [];
  #alarmAtMs = Infinity;
  readonly #onAlarm = () => this.fireDue();

  constructor(owner: TimersOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls `callback` once when the clock reaches `dueAtMs`. */
  schedule(dueAtMs: number, callback: () => void): Timer {
    const timer = new Timer(dueAtMs, callback);
    timer.index = this.#heap.length;
    this.#heap.push(timer);
    this.#siftUp(timer.index);
    this.#setAlarm();
    return timer;
  }

  /** Takes `timer` back; a timer that fired or `null` is no error. */
  cancel(timer: Timer | null): void {
    if (timer === null || timer.index < 0) return;
    this.#removeAt(timer.index);
    if (this.#heap.length > 0) return;
    // An alarm for nothing would keep a program alive that has stopped us.
    this.#alarmAtMs = Infinity;
    this.#owner.clock.setAlarm(Infinity, this.#onAlarm);
  }

  /** Calls what is due by now: at each alarm, and when the clock has moved unseen. */
  fireDue(): void {
    this.#alarmAtMs = Infinity;
    const owner = this.#owner;
    const nowMs = owner.clock.nowMs();
    owner.nowMs = nowMs;
    while (this.#heap.length > 0 && this.#heap[0].dueAtMs <= nowMs) {
      const timer = this.#heap[0];
      this.#removeAt(0);
      try {
        timer.callback();
      } catch (error) {
        // One defect must not take the deadlines of everybody else with it.
        owner.timerFailed(error);
      }
    }
    owner.flushTouched();
    this.#setAlarm();
  }

  #setAlarm(): void {
    if (this.#heap.length === 0) return;
    const dueAtMs = this.#heap[0].dueAtMs;
    if (dueAtMs >= this.#alarmAtMs) return;
    this.#alarmAtMs = dueAtMs;
    this.#owner.clock.setAlarm(dueAtMs, this.#onAlarm);
  }

  #removeAt(index: number): void {
    const heap = this.#heap;
    heap[index].index = -1;
    const last = heap.pop()!;
    if (index === heap.length) return;
    heap[index] = last;
    last.index = index;
    this.#siftUp(index);
    this.#siftDown(last.index);
  }

  #siftUp(index: number): void {
    const heap = this.#heap;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent].dueAtMs <= heap[index].dueAtMs) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(index: number): void {
    const heap = this.#heap;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length &&
          heap[right].dueAtMs < heap[left].dueAtMs
        ? right
        : left;
      if (heap[index].dueAtMs <= heap[child].dueAtMs) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const timer = heap[a];
    heap[a] = heap[b];
    heap[b] = timer;
    heap[a].index = a;
    heap[b].index = b;
  }
}
