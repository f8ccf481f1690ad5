import type { LinkType } from "../src/cli/bench/link.ts";
import {
  cpuSecondsPerMillion,
  formatCount,
  formatKilobytes,
  formatMs,
  formatSeconds,
} from "../src/cli/bench/report.ts";
import type { ScenarioResult } from "./_result.ts";

/** One number that a run yields. */
export interface Metric {
  id: string;
  title: string;
  isLowerBetter: boolean;
  /** Undefined if the run has no such number. */
  read(result: ScenarioResult): number | undefined;
  format(value: number): string;
}

/** One load that every broker gets. */
export interface Scenario {
  id: string;
  /** What clients connect over; TCP if it is left out. */
  link?: LinkType;
  /** Whether the broker is to keep sessions and messages on disk. */
  isStored?: boolean;
  /** Whether the broker looks each topic up among 10,000 rules. */
  isControlled?: boolean;
  /** Whether what counts is how long the broker takes to start once more. */
  isRestarted?: boolean;
  /** Options for bench/load.ts. */
  args: string[];
  /** Options that `--quick` puts over them. */
  quickArgs: string[];
  metrics: Metric[];
}

const timed = ["--seconds", "3", "--warmup", "1"];
const briefly = ["--seconds", "1", "--warmup", "0.5"];

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  throughput("qos0-1-1", "1→1 QoS 0, deliveries/s", []),
  stored(
    throughput("qos0-1-1-stored", "1→1 QoS 0 beside a store, deliveries/s", []),
  ),
  controlled(
    throughput(
      "qos0-1-1-acl",
      "1→1 QoS 0 under 10,000 rules, deliveries/s",
      [],
    ),
  ),
  throughput("qos0-1-10", "1→10 QoS 0, deliveries/s", ["--subscribers", "10"]),
  throughput("qos0-10-10", "10→10 topics QoS 0, deliveries/s", [
    "--publishers",
    "10",
    "--topics",
    "10",
  ]),
  throughput("qos0-10-1", "10→1 QoS 0, deliveries/s", ["--publishers", "10"]),
  throughput("qos1-1-1", "1→1 QoS 1, deliveries/s", ["--qos", "1"]),
  stored(
    throughput("qos1-1-1-stored", "1→1 QoS 1 beside a store, deliveries/s", [
      "--qos",
      "1",
    ]),
  ),
  throughput("qos2-1-1", "1→1 QoS 2, deliveries/s", ["--qos", "2"]),
  throughput("qos0-1k", "1→1 QoS 0 of 1 KiB, deliveries/s", [
    "--payload",
    "1024",
  ]),
  throughput("qos0-64k", "1→1 QoS 0 of 64 KiB, deliveries/s", [
    "--payload",
    "65536",
  ]),
  over(
    "tls",
    throughput("qos0-1-1-tls", "1→1 QoS 0 over TLS, deliveries/s", []),
  ),
  over(
    "ws",
    throughput("qos0-1-1-ws", "1→1 QoS 0 over WebSocket, deliveries/s", []),
  ),
  over(
    "wss",
    throughput("qos0-1-1-wss", "1→1 QoS 0 over both, deliveries/s", []),
  ),
  {
    id: "puback",
    args: ["--mode", "puback"],
    quickArgs: ["--messages", "100000"],
    metrics: [rate("puback", "1 M × 100 B QoS 1, 100 in flight, PUBACKs/s")],
  },
  {
    id: "latency",
    args: ["--rate", "10000", ...timed],
    quickArgs: briefly,
    metrics: [
      latency("latency-p50", "latency p50 at 10,000 msg/s QoS 0", "p50"),
      latency("latency-p99", "latency p99 at 10,000 msg/s QoS 0", "p99"),
    ],
  },
  {
    id: "storm",
    args: ["--mode", "storm", "--connections", "3000"],
    quickArgs: ["--connections", "500"],
    metrics: [rate("storm", "connections/s until CONNACK")],
  },
  {
    id: "idle",
    args: ["--mode", "idle", "--connections", "10000", "--seconds", "5"],
    quickArgs: ["--seconds", "2"],
    metrics: [idle("idle", "memory per idle connection")],
  },
  stored(
    throughput("qos1-lasting", "1→1 QoS 1 to a stored session, deliveries/s", [
      "--qos",
      "1",
      "--persistent-subscriber",
    ]),
  ),
  stored(
    throughput("qos2-lasting", "1→1 QoS 2 to a stored session, deliveries/s", [
      "--qos",
      "2",
      "--persistent-subscriber",
    ]),
  ),
  stored({
    id: "drain",
    args: ["--mode", "drain"],
    quickArgs: [],
    metrics: [rate("drain", "queued messages on reconnect, deliveries/s")],
  }),
  stored({
    id: "restart",
    isRestarted: true,
    args: ["--mode", "populate", "--timeout", "600"],
    quickArgs: ["--connections", "10000", "--messages", "10000"],
    metrics: [{
      id: "restart",
      title: "restart with what mode populate left",
      isLowerBetter: true,
      read: (result) => result.mode === "restart" ? result.seconds : undefined,
      format: formatSeconds,
    }],
  }),
  over("tls", {
    id: "latency-tls",
    args: ["--rate", "10000", ...timed],
    quickArgs: briefly,
    metrics: [
      latency("latency-tls-p50", "latency p50 at 10,000 msg/s over TLS", "p50"),
      latency("latency-tls-p99", "latency p99 at 10,000 msg/s over TLS", "p99"),
    ],
  }),
  over("tls", {
    id: "idle-tls",
    args: ["--mode", "idle", "--connections", "5000", "--seconds", "5"],
    quickArgs: ["--connections", "1000", "--seconds", "2"],
    metrics: [idle("idle-tls", "memory per idle connection over TLS")],
  }),
];

function controlled(scenario: Scenario): Scenario {
  return { ...scenario, isControlled: true };
}

function stored(scenario: Scenario): Scenario {
  return { ...scenario, isStored: true };
}

function over(link: LinkType, scenario: Scenario): Scenario {
  return { ...scenario, link };
}

function throughput(id: string, title: string, args: string[]): Scenario {
  return {
    id,
    args: [...args, ...timed],
    quickArgs: briefly,
    metrics: [rate(id, title), {
      id: `${id}-cpu`,
      title: `${title.replace(", deliveries/s", "")}, CPU s per million`,
      isLowerBetter: true,
      read: (result) =>
        result.mode === "throughput" ? cpuSecondsPerMillion(result) : undefined,
      format: (value) => `${value.toPrecision(3)} s`,
    }],
  };
}

function idle(id: string, title: string): Metric {
  return {
    id,
    title,
    isLowerBetter: true,
    read: (result) =>
      result.mode === "idle" ? result.residentBytesPerConnection : undefined,
    format: formatKilobytes,
  };
}

function rate(id: string, title: string): Metric {
  return {
    id,
    title,
    isLowerBetter: false,
    read: (result) => "perSecond" in result ? result.perSecond : undefined,
    format: formatCount,
  };
}

function latency(id: string, title: string, point: "p50" | "p99"): Metric {
  return {
    id,
    title,
    isLowerBetter: true,
    read: (result) =>
      result.mode === "latency" ? result.latencyMs[point] : undefined,
    format: formatMs,
  };
}
