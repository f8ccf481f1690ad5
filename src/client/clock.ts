/** Takes back what {@linkcode ClientClock.after} has scheduled. */
export type CancelTimer = () => void;

/** Where a client has its time from; tests bring one that they move. */
export interface ClientClock {
  /** Milliseconds; never runs backwards. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`. */
  after(delayMs: number, callback: () => void): CancelTimer;
}

/** The longest delay that `setTimeout` takes; longer ones fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** The machine's time; it goes on evenly when the wall clock is set. */
export const systemClock: ClientClock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
