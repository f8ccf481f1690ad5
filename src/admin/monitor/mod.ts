/**
 * What is measured of a running server.
 * @module
 */
export { cpuSeconds, Monitor } from "./monitor.ts";
export type { Sample } from "./history.ts";
export { percentile } from "./percentile.ts";
export type { Totals } from "./totals.ts";
