import type { DrainResult } from "./drain.ts";
import type { LatencyResult } from "./latency.ts";
import type { LoadOptions } from "./options.ts";
import type { PopulateResult } from "./populate.ts";
import type { CpuUse } from "./process.ts";
import type { Percentiles } from "./statistics.ts";
import type { IdleResult, StormResult } from "./storm.ts";
import type { ThroughputResult } from "./throughput.ts";

/** What a run of any mode measured. */
export type LoadResult =
  | ThroughputResult
  | LatencyResult
  | StormResult
  | IdleResult
  | DrainResult
  | PopulateResult;

/** One line for people. */
export function formatLoad(options: LoadOptions, result: LoadResult): string {
  switch (result.mode) {
    case "throughput":
      return formatThroughput(options, result);
    case "latency":
      return `latency at ${formatCount(result.perSecond)} msg/s: ` +
        `${formatPercentiles(result.latencyMs)}; ` +
        `${result.lost} lost; own timer at most ` +
        `${formatMs(result.generatorLateMs)} late; ${formatCpu(result)}`;
    case "storm":
      return `storm: ${formatCount(result.perSecond)} connections/s, ` +
        `${result.connections} opened; ` +
        `${formatPercentiles(result.latencyMs)}; ${formatCpu(result)}`;
    case "drain":
      return `drain: ${formatCount(result.perSecond)} deliveries/s of ` +
        `${formatCount(result.messages)} queued messages, which took ` +
        `${result.fillSeconds.toFixed(2)} s to publish; ${formatCpu(result)}`;
    case "populate":
      return `populate: ${formatCount(result.sessions)} sessions of ` +
        `${result.subscriptions} subscriptions, ` +
        `${formatCount(result.messages)} queued messages, in ` +
        formatSeconds(result.seconds);
    case "idle":
      return `idle: ${
        formatKilobytes(result.residentBytesPerConnection)
      } per ` +
        `connection, ${result.connections} held; from ` +
        `${formatKilobytes(result.residentBytesBefore)} to ` +
        `${formatKilobytes(result.residentBytesAfter)}`;
  }
}

function formatThroughput(
  options: LoadOptions,
  result: ThroughputResult,
): string {
  const shape = options.subscriberCount > 0
    ? `${options.publisherCount}→${
      options.subscriberCount * options.topicCount
    }`
    : `${options.publisherCount}→broker`;
  const what = options.subscriberCount > 0 ? "deliveries" : "PUBACKs";
  const notes = [`${result.lost} lost`];
  if (options.subscriberCount === 0) notes.length = 0;
  if (result.duplicates > 0) notes.push(`${result.duplicates} duplicates`);
  if (result.refused > 0) notes.push(`${result.refused} refused`);
  return `${shape} QoS ${options.qos} ${options.payloadBytes} B: ` +
    `${formatCount(result.perSecond)} ${what}/s ` +
    `(${formatCount(result.counted)} in ` +
    `${result.countedSeconds.toFixed(2)} s); ` +
    [...notes, formatCpu(result)].join("; ") + formatCost(result);
}

function formatPercentiles(latencyMs: Percentiles): string {
  const { p50, p90, p99, p999, max } = latencyMs;
  return `p50 ${formatMs(p50)}, p90 ${formatMs(p90)}, p99 ${formatMs(p99)}, ` +
    `p99.9 ${formatMs(p999)}, max ${formatMs(max)}`;
}

/** Cores in use: a generator near 1.00 was itself the limit. */
function formatCpu(use: CpuUse): string {
  const generator = (use.generatorCpuSeconds / use.seconds).toFixed(2);
  const broker = use.brokerCpuSeconds === undefined
    ? ""
    : `, broker ${(use.brokerCpuSeconds / use.seconds).toFixed(2)}`;
  return `cores: generator ${generator}${broker}`;
}

function formatCost(result: ThroughputResult): string {
  const cost = cpuSecondsPerMillion(result);
  return cost === undefined
    ? ""
    : `; broker CPU ${toThreeDigits(cost)} s per million`;
}

/**
 * Seconds of the broker's CPU per million deliveries, the measure that other
 * work on the machine disturbs least; undefined if its process is unknown.
 */
export function cpuSecondsPerMillion(
  result: ThroughputResult,
): number | undefined {
  if (result.brokerCpuSeconds === undefined) return undefined;
  return result.brokerCpuSeconds / result.counted * 1e6;
}

/** 1234567 as "1.23 M", 12345 as "12.3 k", 123 as "123". */
export function formatCount(count: number): string {
  if (count >= 999_500) return `${toThreeDigits(count / 1e6)} M`;
  if (count >= 1000) return `${toThreeDigits(count / 1e3)} k`;
  return toThreeDigits(count);
}

/** Milliseconds with three digits. */
export function formatMs(milliseconds: number): string {
  return `${toThreeDigits(milliseconds)} ms`;
}

/** Seconds with three digits. */
export function formatSeconds(seconds: number): string {
  return `${toThreeDigits(seconds)} s`;
}

/** Bytes as KB of 1,024. */
export function formatKilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

function toThreeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}
