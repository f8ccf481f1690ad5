import { LogObserver } from "../../src/cli/log_observer.ts";
import type { LogFields } from "../../src/cli/logger.ts";
import { assertEquals } from "../_assert.ts";

/** What an observer logs, as one text for each line. */
function given() {
  const lines: string[] = [];
  const write = (level: string) => (message: string, fields?: LogFields) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  const observer = new LogObserver({
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  });
  return { lines, observer };
}

Deno.test("What a failed hook of a plugin means is told as it is for that hook", () => {
  const { lines, observer } = given();
  observer.pluginFailed("mine", "authenticate", "no idea");
  observer.pluginFailed("mine", "continueAuthentication", "no idea");
  observer.pluginFailed("mine", "authorize", "no idea");
  observer.pluginFailed("mine", "onConnect", "no idea");
  observer.pluginFailed("mine", "onDisconnect", "no idea");
  assertEquals(lines, [
    'error plugin mine failed, the login is refused {"hook":"authenticate","cause":"no idea"}',
    'error plugin mine failed, the login is refused {"hook":"continueAuthentication","cause":"no idea"}',
    'error plugin mine failed, what it was asked about is denied {"hook":"authorize","cause":"no idea"}',
    'warn plugin mine failed with a notice, which denies nothing {"hook":"onConnect","cause":"no idea"}',
    'warn plugin mine failed with a notice, which denies nothing {"hook":"onDisconnect","cause":"no idea"}',
  ]);
});
