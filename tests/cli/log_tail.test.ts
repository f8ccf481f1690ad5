import { LineLogger } from "../../src/cli/logger.ts";
import { assertEquals } from "../_assert.ts";

Deno.test("the last lines of the log are remembered, long ones cut", () => {
  const logger = new LineLogger({
    level: "info",
    format: "json",
    hasColor: true,
    write() {},
    now: () => 0,
  });
  assertEquals(logger.lines(0), []);
  logger.debug("left out");
  for (let i = 1; i <= 250; i++) logger.info(`line ${i}`);
  const lines = logger.lines(0);
  assertEquals(lines.length, 200);
  assertEquals(lines[0], {
    sequence: 51,
    text: "1970-01-01T00:00:00.000Z info  line 51",
  });
  assertEquals(logger.lines(248).map(({ sequence }) => sequence), [249, 250]);
  logger.warn("x".repeat(5_000));
  assertEquals(logger.lines(250)[0].text.length, 1_000);
});
