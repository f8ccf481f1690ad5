import {
  parseCpuSeconds,
  parseResidentBytes,
} from "../../../src/cli/bench/process.ts";
import { assertEquals, assertThrows } from "../../_assert.ts";

Deno.test("CPU seconds are user and system time, whatever the name is", () => {
  for (const name of ["deno", "a b", ") 1 2 ("]) {
    const stat = `42 (${name}) S 1 42 42 0 -1 4194304 100 0 0 0 ` +
      "250 50 7 8 20 0 12 0 100 200 300";
    assertEquals(parseCpuSeconds(stat), 3);
  }
});

Deno.test("resident bytes are VmRSS, not its peak", () => {
  const status = "Name:\tdeno\nVmHWM:\t  900 kB\nVmRSS:\t  512 kB\n";
  assertEquals(parseResidentBytes(status), 512 * 1024);
  assertThrows(() => parseResidentBytes("Name:\tx\n"), Error, "VmRSS");
});
