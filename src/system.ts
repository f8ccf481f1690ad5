import type { Clock, Random } from "./broker/mod.ts";

/** The longest delay that `setTimeout` takes; longer ones fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** The machine's time; it goes on evenly when the wall clock is set. */
export class SystemClock implements Clock {
  #timeout: number | undefined = undefined;

  nowMs(): number {
    return performance.timeOrigin + performance.now();
  }

  setAlarm(dueAtMs: number, callback: () => void): void {
    clearTimeout(this.#timeout);
    if (dueAtMs === Infinity) return;
    const delayMs = Math.ceil(dueAtMs - this.nowMs());
    this.#timeout = setTimeout(
      callback,
      Math.min(Math.max(delayMs, 0), LONGEST_TIMEOUT_MS),
    );
  }
}

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** The system's source of unpredictable numbers. */
export class SystemRandom implements Random {
  text(length: number): string {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    let text = "";
    for (const byte of bytes) text += ALPHABET[byte % ALPHABET.length];
    return text;
  }
}
