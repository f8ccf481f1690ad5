import {
  median,
  percentile,
  summarize,
} from "../../../src/cli/bench/statistics.ts";
import { assertEquals, assertThrows } from "../../_assert.ts";

Deno.test("the median is the middle value or the mean of the middle two", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([10, 1, 3, 2]), 2.5);
  assertEquals(median([7]), 7);
  assertThrows(() => median([]), RangeError, "median");
});

Deno.test("the median leaves the values in their order", () => {
  const values = [3, 1, 2];
  median(values);
  assertEquals(values, [3, 1, 2]);
});

Deno.test("a percentile is the nearest rank, never one above", () => {
  const sorted = Float64Array.from({ length: 1000 }, (_, index) => index + 1);
  assertEquals(percentile(sorted, 0.5), 500);
  assertEquals(percentile(sorted, 0.9), 900);
  assertEquals(percentile(sorted, 0.999), 999);
  assertEquals(percentile(sorted, 1), 1000);
  assertEquals(percentile(sorted, 0), 1);
  assertEquals(percentile(Float64Array.of(4), 0.99), 4);
  assertEquals(percentile(Float64Array.of(4, 9), 0.51), 9);
});

Deno.test("a summary sorts its samples by value, not as text", () => {
  const samples = Float64Array.of(10, 9, 100, 1);
  assertEquals(summarize(samples), {
    p50: 9,
    p90: 100,
    p99: 100,
    p999: 100,
    max: 100,
  });
  assertThrows(() => summarize(new Float64Array(0)), RangeError, "percentile");
});
