import { Progress } from "../../src/cli/progress.ts";
import { assertEquals } from "../_assert.ts";
import { fakeSurroundings } from "./_surroundings.ts";

function given(isWatched: boolean) {
  const lines: string[] = [];
  let nowMs = 0;
  const { surroundings } = fakeSurroundings({
    isWatched,
    now: () => nowMs,
    writeStatus: (line) => lines.push(line),
  });
  const progress = new Progress(surroundings);
  const at = (timeMs: number) => {
    nowMs = timeMs;
    progress.show(() => `at ${timeMs}`);
  };
  return { progress, at, lines };
}

Deno.test("Long work shows one line that changes now and then, and leaves none", () => {
  const { progress, at, lines } = given(true);
  for (let timeMs = 0; timeMs <= 1_500; timeMs += 50) at(timeMs);
  assertEquals(lines, ["at 1000", "at 1200", "at 1400"]);
  progress.clear();
  progress.clear();
  assertEquals(lines.at(-1), "");
  assertEquals(lines.length, 4);
});

Deno.test("Short work shows nothing", () => {
  const { progress, at, lines } = given(true);
  at(999);
  progress.clear();
  assertEquals(lines, []);
});

Deno.test("Nothing is shown where nobody watches", () => {
  const { at, lines } = given(false);
  at(5_000);
  assertEquals(lines, []);
});
