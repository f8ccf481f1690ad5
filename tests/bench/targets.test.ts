import { Measurements } from "../../bench/_table.ts";
import { judge } from "../../bench/_targets.ts";
import { assertEquals } from "../_assert.ts";

function measure(rows: Record<string, [number, number]>): Measurements {
  const measurements = new Measurements();
  for (const [id, [rqtt, mosquitto]] of Object.entries(rows)) {
    measurements.add(id, "rqtt", rqtt);
    measurements.add(id, "mosquitto", mosquitto);
  }
  return measurements;
}

Deno.test("a value at its bar passes and one beyond it fails", () => {
  const verdicts = judge(measure({
    "qos0-1-1": [1500, 100],
    "qos0-1-10": [2999, 100],
    "qos1-1-1": [1000, 100],
    "qos2-1-1": [499, 100],
    "qos0-1-1-tls": [0, 100],
    "qos0-1-1-ws": [1000, 100],
    idle: [18 * 1024, 1],
  }));
  assertEquals(verdicts.slice(0, 7).map(({ isMet }) => isMet), [
    true,
    false,
    true,
    false,
    false,
    true,
    true,
  ]);
  assertEquals(
    verdicts[0].line,
    "PASS 1→1 QoS 0: 15.0×, at least 15.0× mosquitto",
  );
});

/** The verdicts that begin with `title`. */
function judged(measurements: Measurements, title: string): boolean[] {
  return judge(measurements)
    .filter(({ line }) => line.slice("PASS ".length).startsWith(title))
    .map(({ isMet }) => isMet);
}

Deno.test("more memory per idle connection than the bar fails", () => {
  const measurements = measure({ idle: [18 * 1024 + 1, 1] });
  assertEquals(judged(measurements, "idle"), [false]);
});

Deno.test("stored messages have to be many, and three times mosquitto's", () => {
  const rows: [rqtt: number, mosquitto: number, isMet: boolean[]][] = [
    [200_000, 66_000, [true, true]],
    [200_000, 67_000, [true, false]],
    [199_999, 1, [false, true]],
  ];
  for (const [rqtt, mosquitto, isMet] of rows) {
    const measurements = measure({ "qos1-lasting": [rqtt, mosquitto] });
    assertEquals(judged(measurements, "1→1 QoS 1 to a stored"), isMet);
  }
});

Deno.test("a store may cost what it does not keep a twentieth", () => {
  const [base, title] = ["qos0-1-1-cpu", "CPU of QoS 0"];
  for (const [cost, isMet] of [[1.05, true], [1.051, false]] as const) {
    const measurements = measure({
      [base]: [1, 1],
      "qos0-1-1-stored-cpu": [cost, 1],
    });
    assertEquals(judged(measurements, title), [isMet]);
  }
});

Deno.test("a bar that was not measured is not met", () => {
  assertEquals(judge(new Measurements()).some(({ isMet }) => isMet), false);
});
