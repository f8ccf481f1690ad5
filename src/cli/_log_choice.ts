import type { LogFilter, LogSubject } from "../admin/log_control.ts";
import type { LogLevel } from "../config/mod.ts";

const SEVERITY: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};

/** Which lines are written: a level, and filters that end by themselves. */
export class LogChoice {
  level: LogLevel;
  #filters: readonly LogFilter[] = [];
  /** When the first of the filters ends. */
  #nextEndMs = Infinity;

  constructor(level: LogLevel) {
    this.level = level;
  }

  set filters(filters: readonly LogFilter[]) {
    this.#filters = filters;
    this.#nextEndMs = Math.min(
      Infinity,
      ...filters.map(({ expiresAtMs }) => expiresAtMs),
    );
  }

  get filters(): readonly LogFilter[] {
    return this.#filters;
  }

  /** The least important level of which any line can be written. */
  get lowestLevel(): LogLevel {
    return this.#filters.map(({ level }) => level).concat(this.level)
      .reduce((lowest, level) =>
        SEVERITY[level] < SEVERITY[lowest] ? level : lowest
      );
  }

  /** Lets go of filters that have ended; true if there were any. */
  expire(nowMs: number): boolean {
    if (nowMs < this.#nextEndMs) return false;
    this.filters = this.#filters.filter(({ expiresAtMs }) =>
      expiresAtMs > nowMs
    );
    return true;
  }

  /** Whether a line about `subject`, if it is about one, is written. */
  admits(level: LogLevel, subject: LogSubject | undefined): boolean {
    const filter = subject &&
      this.#filters.find((filter) => fits(filter, subject));
    return SEVERITY[level] >= SEVERITY[filter?.level ?? this.level];
  }
}

function fits(
  { clientIdentifier, userName, address }: LogFilter,
  subject: LogSubject,
): boolean {
  const { remoteAddress } = subject;
  return (clientIdentifier === undefined ||
    clientIdentifier === subject.clientIdentifier) &&
    (userName === undefined || userName === subject.userName) &&
    (address === undefined || address === remoteAddress ||
      address === hostOf(remoteAddress));
}

/** `a:1` is on `a`, and `[::1]:1` on `::1`. */
function hostOf(remoteAddress: string): string {
  const [, bracketed, plain] =
    /^(?:\[(.*)\]|([^:]*)):\d+$/.exec(remoteAddress) ?? [];
  return bracketed ?? plain ?? remoteAddress;
}
