import { commandHelp } from "../../../src/cli/help.ts";
import { command } from "../../../src/cli/commands/bench.ts";
import { parseLoadOptions } from "../../../bench/load.ts";
import { selectNamed } from "../../../bench/_select.ts";
import { assertEquals, assertMatch, assertThrows } from "../../_assert.ts";

Deno.test("without options the load is 1→1 at QoS 0 with 64 bytes", () => {
  const options = parseLoadOptions([]);
  assertEquals(options.mode, "throughput");
  assertEquals(options.port, 1883);
  assertEquals(options.payloadBytes, 64);
  assertEquals(options.qos, 0);
  assertEquals(options.warmupSeconds, 1);
  assertEquals(options.messageCount, undefined);
});

Deno.test("a number of messages is counted without warm-up", () => {
  const options = parseLoadOptions(["--messages", "5000"]);
  assertEquals(options.messageCount, 5000);
  assertEquals(options.warmupSeconds, 0);
  assertEquals(
    parseLoadOptions(["--messages", "5000", "--warmup", "2"]).warmupSeconds,
    2,
  );
});

Deno.test("a rate asks for latencies", () => {
  assertEquals(parseLoadOptions(["--rate", "100"]).mode, "latency");
});

Deno.test("puback is rumqttd's load unless an option says otherwise", () => {
  const options = parseLoadOptions(["--mode", "puback", "--messages", "7"]);
  assertEquals(options.subscriberCount, 0);
  assertEquals(options.payloadBytes, 100);
  assertEquals(options.qos, 1);
  assertEquals(options.windowSize, 100);
  assertEquals(options.messageCount, 7);
});

Deno.test("an option that makes no sense is an error that names it", () => {
  const rows: [string[], string][] = [
    [["--qos", "3"], "--qos: expected 0 to 2, found 3"],
    [["--port", "x"], '--port: expected a number from 0, found "x"'],
    [["--port="], "--port: expected PORT, found nothing"],
    [["--mode", "fast"], 'found "fast"'],
    [["--subscriber", "2"], '"--subscriber", did you mean --subscribers?'],
    [["--topics", "2"], "--topics: expected 1 to 1, found 2"],
    [["--rate", "9", "--payload", "4"], "--payload: expected 8 to "],
    [["--mode", "idle"], "needs --pid"],
    [["--password", "x"], "it needs --username"],
    [["--ca", "/nonexistent"], "Cannot read --ca: "],
  ];
  for (const [args, message] of rows) {
    assertThrows(() => parseLoadOptions(args), Error, message);
  }
});

Deno.test("the help names every mode", () => {
  const help = commandHelp(command);
  for (const mode of ["throughput", "latency", "storm", "idle", "puback"]) {
    assertMatch(help, new RegExp(`\\b${mode}\\b`));
  }
});

Deno.test("a list selects in the order of the entries", () => {
  const entries = [["a", 1], ["b", 2], ["c", 3]] as const;
  assertEquals(selectNamed("c,a", entries), [1, 3]);
  assertEquals(selectNamed(undefined, entries), [1, 2, 3]);
  assertThrows(() => selectNamed("a,d", entries), Error, '"d"');
});
