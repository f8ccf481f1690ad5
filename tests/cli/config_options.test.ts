import { assertEquals, assertThrows } from "../_assert.ts";
import { UsageError } from "../../src/cli/command.ts";
import { command } from "../../src/cli/commands/serve.ts";
import { configSource } from "../../src/cli/config_options.ts";
import { readOptions } from "../../src/cli/read_options.ts";
import { fakeSurroundings } from "./_surroundings.ts";

function parse(args: readonly string[]) {
  const options = readOptions(command, args);
  const { surroundings } = fakeSurroundings({});
  const { file, read } = configSource(options, surroundings);
  const { listeners: [listener], log } = read();
  return {
    file,
    host: listener.type === "unix" ? undefined : listener.hostname,
    port: listener.type === "unix" ? undefined : listener.port,
    logLevel: log.level,
    isCheck: options.has("check"),
  };
}

Deno.test("Every option is read, in both spellings", () => {
  const expected = {
    file: "a.yaml",
    host: "::1",
    port: 1884,
    logLevel: "warn",
    isCheck: true,
  };
  for (
    const line of [
      "--config a.yaml --host ::1 --port 1884 --log-level warn --check",
      "--config=a.yaml --host=::1 --port=1884 --log-level=warn --check",
      "--check -c a.yaml --host ::1 -p 1884 --log-level warn",
      "--port 1 --port 1884 -c a.yaml --host ::1 --log-level warn --check",
    ]
  ) {
    assertEquals<unknown>(parse(line.split(" ")), expected, line);
  }
});

Deno.test("A port of 0 is a port", () => {
  assertEquals(parse(["--port", "0"]).port, 0);
});

const PROBLEMS: readonly [args: string, told: string][] = [
  ["--prot 1884", 'Unknown option "--prot", did you mean --port?'],
  ["--prot=1884", 'Unknown option "--prot=1884", did you mean --port?'],
  [
    "--loglevel debug",
    'Unknown option "--loglevel", did you mean --log-level?',
  ],
  ["--exmaple", 'Unknown option "--exmaple", did you mean --example?'],
  ["--zzzzzz", 'Unknown option "--zzzzzz", see rqtt serve --help'],
  ["--no-check", 'Unknown option "--no-check", did you mean --check?'],
  ["--__proto__", 'Unknown option "--__proto__", see rqtt serve --help'],
  ["-x", 'Unknown option "-x", see rqtt serve --help'],
  [
    "mosquitto.conf",
    'Unexpected argument "mosquitto.conf", see rqtt serve --help',
  ],
  [
    "-- mosquitto.conf",
    'Unexpected argument "mosquitto.conf", see rqtt serve --help',
  ],
  ["--config", "Cannot read --config: expected FILE, found nothing"],
  ["--config --check", "Cannot read --config: expected FILE, found nothing"],
  ["--port", "Cannot read --port: expected PORT, found nothing"],
  [
    "--port 65536",
    "Cannot read --port: expected a whole number from 0 to 65535, " +
    'found "65536"',
  ],
  [
    "--port 0x10",
    "Cannot read --port: expected a whole number from 0 to 65535, " +
    'found "0x10"',
  ],
  [
    "--log-level loud",
    "Cannot read --log-level: expected debug, info, warn or error, " +
    'found "loud"',
  ],
];

for (const [args, told] of PROBLEMS) {
  Deno.test(`"${args}" is wrong usage, told in one line`, () => {
    const { message } = assertThrows(
      () => parse(args.split(" ")),
      UsageError,
    );
    assertEquals(message, told);
  });
}
