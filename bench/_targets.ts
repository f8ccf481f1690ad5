import {
  formatCount,
  formatKilobytes,
  formatSeconds,
} from "../src/cli/bench/report.ts";
import { formatRatio, type Measurements, ratio } from "./_table.ts";

/** A bar that RQTT has to clear. */
interface Target {
  metricId: string;
  title: string;
  /** Which one has to clear it, if not `rqtt`. */
  broker?: string;
  bar: Bar;
}

/** What is asked, and of what. */
interface Bar {
  asked: string;
  /** Undefined if it was not measured. */
  read(target: Target, measurements: Measurements): number | undefined;
  isMet(value: number): boolean;
  format(value: number): string;
}

const targets: readonly Target[] = [
  { metricId: "qos0-1-1", title: "1→1 QoS 0", bar: timesMosquitto(15) },
  { metricId: "qos0-1-10", title: "1→10 QoS 0", bar: timesMosquitto(30) },
  { metricId: "qos1-1-1", title: "1→1 QoS 1", bar: timesMosquitto(10) },
  { metricId: "qos2-1-1", title: "1→1 QoS 2", bar: timesMosquitto(5) },
  {
    metricId: "qos0-1-1-tls",
    title: "1→1 QoS 0 over TLS with tls_engine: deno",
    broker: "rqtt-deno",
    bar: timesMosquitto(10),
  },
  {
    metricId: "qos0-1-1-ws",
    title: "1→1 QoS 0 over WebSocket",
    bar: timesMosquitto(10),
  },
  {
    metricId: "idle",
    title: "idle connection",
    bar: atMost(18 * 1024, formatKilobytes),
  },
  {
    metricId: "qos1-lasting",
    title: "1→1 QoS 1 to a stored session",
    bar: atLeast(200_000, formatCount),
  },
  {
    metricId: "qos1-lasting",
    title: "1→1 QoS 1 to a stored session",
    bar: timesMosquitto(3),
  },
  {
    metricId: "drain",
    title: "queued messages on reconnect",
    bar: atLeast(300_000, formatCount),
  },
  {
    metricId: "restart",
    title: "restart with 100,000 sessions of 5 subscriptions",
    bar: atMost(3, formatSeconds),
  },
  {
    metricId: "qos0-1-1-acl",
    title: "1→1 QoS 0 under 10,000 rules",
    bar: atLeastTimes(0.95, "qos0-1-1"),
  },
  {
    metricId: "qos0-1-1-stored-cpu",
    title: "CPU of QoS 0 beside a store",
    bar: atMostTimes(1.05, "qos0-1-1-cpu"),
  },
  {
    metricId: "qos1-1-1-stored-cpu",
    title: "CPU of clean sessions at QoS 1 beside a store",
    bar: atMostTimes(1.05, "qos1-1-1-cpu"),
  },
];

/** Whether a bar is cleared, and the line that says so. */
export interface Verdict {
  isMet: boolean;
  line: string;
}

/** Judges every bar; one that was not measured is not met. */
export function judge(measurements: Measurements): Verdict[] {
  return targets.map((target) => {
    const { title, bar } = target;
    const value = bar.read(target, measurements);
    const isMet = value !== undefined && bar.isMet(value);
    const measured = value === undefined ? "not measured" : bar.format(value);
    return {
      isMet,
      line: `${isMet ? "PASS" : "FAIL"} ${title}: ${measured}, ${bar.asked}`,
    };
  });
}

function readMedian(
  { metricId, broker = "rqtt" }: Target,
  measurements: Measurements,
): number | undefined {
  return measurements.medianOf(metricId, broker);
}

/** At least `minimum` times what mosquitto does. */
function timesMosquitto(minimum: number): Bar {
  return {
    asked: `at least ${formatRatio(minimum)} mosquitto`,
    read: (target, measurements) =>
      ratio(
        readMedian(target, measurements),
        measurements.medianOf(target.metricId, "mosquitto"),
        false,
      ),
    isMet: (times) => times >= minimum,
    format: formatRatio,
  };
}

function atLeast(minimum: number, format: (value: number) => string): Bar {
  return {
    asked: `at least ${format(minimum)}`,
    read: readMedian,
    isMet: (value) => value >= minimum,
    format,
  };
}

function atMost(maximum: number, format: (value: number) => string): Bar {
  return {
    asked: `at most ${format(maximum)}`,
    read: readMedian,
    isMet: (value) => value <= maximum,
    format,
  };
}

/** At least `minimum` times the same broker's value of another metric. */
function atLeastTimes(minimum: number, otherMetricId: string): Bar {
  return {
    asked: `at least ${minimum}× what it is without`,
    read: (target, measurements) =>
      ratio(
        readMedian(target, measurements),
        readMedian({ ...target, metricId: otherMetricId }, measurements),
        false,
      ),
    isMet: (times) => times >= minimum,
    format: (times) => `${times.toFixed(3)}×`,
  };
}

/** At most `maximum` times the same broker's value of another metric. */
function atMostTimes(maximum: number, otherMetricId: string): Bar {
  return {
    asked: `at most ${maximum}× what it is without`,
    read: (target, measurements) =>
      ratio(
        readMedian(target, measurements),
        readMedian({ ...target, metricId: otherMetricId }, measurements),
        false,
      ),
    isMet: (times) => times <= maximum,
    format: (times) => `${times.toFixed(3)}×`,
  };
}
