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
  assertEquals(verdicts.map(({ isMet }) => isMet), [
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

Deno.test("more memory per idle connection than the bar fails", () => {
  const verdicts = judge(measure({ idle: [18 * 1024 + 1, 1] }));
  assertEquals(verdicts.at(-1)?.isMet, false);
});

Deno.test("a bar that was not measured is not met", () => {
  assertEquals(judge(new Measurements()).some(({ isMet }) => isMet), false);
});
