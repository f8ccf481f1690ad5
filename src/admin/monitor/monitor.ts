import process from "node:process";
import { Histogram } from "../../broker/mod.ts";
import type { StoreStatistics } from "../../store/mod.ts";
import type { AdminHost } from "../context.ts";
import { EventLoopDelay } from "./event_loop.ts";
import { History } from "./history.ts";
import { TotalsReader } from "./totals.ts";

/** What is measured of a server as long as its admin HTTP is on. */
export class Monitor {
  readonly eventLoop: EventLoopDelay = new EventLoopDelay();
  readonly history: History;
  readonly totals: TotalsReader;
  readonly startMs: number;
  readonly #host: AdminHost;

  constructor(host: AdminHost) {
    this.#host = host;
    this.startMs = host.broker.clock.nowMs();
    this.totals = new TotalsReader(host.broker);
    this.history = new History({
      broker: host.broker,
      eventLoopSeconds: this.eventLoop.seconds,
      cpuSeconds,
    });
    this.eventLoop.start();
    this.history.start();
  }

  /** How the store stands; `null` if nothing outlives the process. */
  get store(): StoreStatistics | null {
    return this.#host.storeStatistics;
  }

  /** What writing a batch to the store has taken. */
  get commitSeconds(): Histogram {
    return this.#host.commitSeconds;
  }

  stop(): void {
    this.eventLoop.stop();
    this.history.stop();
  }
}

/** Time that all cores have spent on this process. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
