import {
  type Misses,
  MissReport,
} from "../../../src/auth/plugin/miss_report.ts";
import { assertEquals } from "../../_assert.ts";

Deno.test("the first miss is told at once, the next ones as a sum in the end", () => {
  const told: Misses[] = [];
  const report = new MissReport((misses) => told.push(misses));
  report.drop(1);
  const first = { dropped: 1, failed: 0, late: 0, cause: null };
  assertEquals(told, [first]);
  report.drop(2);
  report.fail({ failed: 3, late: 0, cause: "x".repeat(2_000) });
  report.fail({ failed: 0, late: 4, cause: null });
  report.drop(5);
  assertEquals(told.length, 1);
  report.close();
  const rest = { dropped: 7, failed: 3, late: 4, cause: "x".repeat(1_000) };
  assertEquals(told, [first, rest]);
});

Deno.test("where nothing was missed nothing is told", () => {
  const told: Misses[] = [];
  new MissReport((misses) => told.push(misses)).close();
  assertEquals(told, []);
});
