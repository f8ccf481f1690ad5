import { formatKilobytes } from "./_report.ts";
import { formatRatio, type Measurements, ratio } from "./_table.ts";

/** A bar that RQTT has to clear. */
interface Target {
  metricId: string;
  title: string;
  /** Which one has to clear it, if not `rqtt`. */
  broker?: string;
  /** At least this many times mosquitto's value. */
  minimumRatio?: number;
  /** At most this value. */
  maximum?: number;
}

const targets: readonly Target[] = [
  { metricId: "qos0-1-1", title: "1→1 QoS 0", minimumRatio: 15 },
  { metricId: "qos0-1-10", title: "1→10 QoS 0", minimumRatio: 30 },
  { metricId: "qos1-1-1", title: "1→1 QoS 1", minimumRatio: 10 },
  { metricId: "qos2-1-1", title: "1→1 QoS 2", minimumRatio: 5 },
  {
    metricId: "qos0-1-1-tls",
    title: "1→1 QoS 0 over TLS with tls_engine: deno",
    broker: "rqtt-deno",
    minimumRatio: 10,
  },
  {
    metricId: "qos0-1-1-ws",
    title: "1→1 QoS 0 over WebSocket",
    minimumRatio: 10,
  },
  { metricId: "idle", title: "idle connection", maximum: 18 * 1024 },
];

/** Whether a bar is cleared, and the line that says so. */
export interface Verdict {
  isMet: boolean;
  line: string;
}

/** Judges every bar; one that was not measured is not met. */
export function judge(measurements: Measurements): Verdict[] {
  return targets.map((target) => {
    const { metricId, broker = "rqtt" } = target;
    const value = measurements.medianOf(metricId, broker);
    return target.maximum === undefined
      ? judgeRatio(target, {
        value,
        base: measurements.medianOf(target.metricId, "mosquitto"),
      })
      : judgeMaximum(target, value);
  });
}

function judgeRatio(
  target: Target,
  { value, base }: { value: number | undefined; base: number | undefined },
): Verdict {
  const minimum = target.minimumRatio ?? 0;
  const times = ratio(value, base, false);
  return verdict(times !== undefined && times >= minimum, {
    title: target.title,
    measured: times === undefined ? "not measured" : formatRatio(times),
    bar: `at least ${formatRatio(minimum)} mosquitto`,
  });
}

function judgeMaximum(target: Target, value: number | undefined): Verdict {
  const maximum = target.maximum ?? 0;
  return verdict(value !== undefined && value <= maximum, {
    title: target.title,
    measured: value === undefined ? "not measured" : formatKilobytes(value),
    bar: `at most ${formatKilobytes(maximum)}`,
  });
}

function verdict(
  isMet: boolean,
  { title, measured, bar }: { title: string; measured: string; bar: string },
): Verdict {
  return {
    isMet,
    line: `${isMet ? "PASS" : "FAIL"} ${title}: ${measured}, ${bar}`,
  };
}
