import { assert, assertEquals, assertThrows } from "../_assert.ts";
import {
  OPTIONS,
  parseArguments,
  UsageError,
} from "../../src/cli/arguments.ts";
import { HELP } from "../../src/cli/help.ts";

const NO_FLAGS = { host: undefined, port: undefined, logLevel: undefined };

Deno.test("Without arguments the broker is started", () => {
  assertEquals(parseArguments([]), {
    name: "serve",
    file: undefined,
    recover: false,
    flags: NO_FLAGS,
  });
});

Deno.test("Every option is read, in both spellings", () => {
  const expected = {
    name: "check",
    file: "a.yaml",
    recover: false,
    flags: { host: "::1", port: 1884, logLevel: "warn" },
  };
  for (
    const line of [
      "--config a.yaml --host ::1 --port 1884 --log-level warn --check",
      "--config=a.yaml --host=::1 --port=1884 --log-level=warn --check",
      "--check -c a.yaml --host ::1 -p 1884 --log-level warn",
      "--port 1 --port 1884 -c a.yaml --host ::1 --log-level warn --check",
    ]
  ) {
    assertEquals<unknown>(parseArguments(line.split(" ")), expected, line);
  }
});

Deno.test("A port of 0 is a port", () => {
  assertEquals<unknown>(parseArguments(["--port", "0"]), {
    name: "serve",
    file: undefined,
    recover: false,
    flags: { ...NO_FLAGS, port: 0 },
  });
});

Deno.test("A question is answered whatever stands beside it", () => {
  assertEquals(parseArguments(["--port", "x", "--help"]), { name: "help" });
  assertEquals(parseArguments(["-h"]), { name: "help" });
  assertEquals(parseArguments(["--version"]), { name: "version" });
  assertEquals(parseArguments(["--example"]), { name: "example" });
});

const PROBLEMS: readonly [args: string, told: string][] = [
  ["--prot 1884", 'Unknown option "--prot", did you mean --port?'],
  ["--prot=1884", 'Unknown option "--prot=1884", did you mean --port?'],
  [
    "--loglevel debug",
    'Unknown option "--loglevel", did you mean --log-level?',
  ],
  ["--verison", 'Unknown option "--verison", did you mean --version?'],
  ["--zzzzzz", 'Unknown option "--zzzzzz", see --help'],
  ["--no-check", 'Unknown option "--no-check", did you mean --check?'],
  ["--__proto__", 'Unknown option "--__proto__", see --help'],
  ["-x", 'Unknown option "-x", see --help'],
  ["mosquitto.conf", 'Unexpected argument "mosquitto.conf", see --help'],
  ["-- mosquitto.conf", 'Unexpected argument "mosquitto.conf", see --help'],
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
      () => parseArguments(args.split(" ")),
      UsageError,
    );
    assertEquals(message, told);
  });
}

Deno.test("The help has every option and fits one screen of 24 by 80", () => {
  const lines = HELP.split("\n");
  assert(lines.length <= 24, `${lines.length} lines`);
  for (const line of lines) assert(line.length <= 80, line);
  for (const { name } of OPTIONS) assert(HELP.includes(`--${name} `), name);
});
