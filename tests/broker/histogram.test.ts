import { Histogram } from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";

Deno.test({
  name: "a histogram counts each value in the lowest bucket that holds it",
  permissions: "none",
  fn() {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 4.9, 5, 5.1, 1_000]) {
      histogram.observe(value);
    }
    assertEquals([...histogram.counts], [2, 2, 2, 2]);
    assertEquals(histogram.count, 8);
    assertEquals(histogram.sum, 1_019.5);
  },
});
