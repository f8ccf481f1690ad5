import { assert, assertEquals, assertMatch } from "../_assert.ts";
import type { Command } from "../../src/cli/command.ts";
import { commandHelp } from "../../src/cli/help.ts";
import { COMMANDS, loadCommands } from "../../src/cli/registry.ts";
import { run } from "../../src/cli/run.ts";
import type { StartServer } from "../../src/cli/server.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";
import type { Config } from "../../src/config/mod.ts";
import type { NetworkListenerOptions } from "../../src/transport/mod.ts";
import project from "../../deno.json" with { type: "json" };
import { fakeSurroundings } from "./_surroundings.ts";

function given(surroundings: Partial<Surroundings>) {
  const started: Config[] = [];
  // The signal is there before the broker, so each run ends by itself.
  const startServer: StartServer = (config) => {
    started.push(config);
    return Promise.resolve({
      addresses: config.listeners as NetworkListenerOptions[],
      finished: Promise.withResolvers<void>().promise,
      adminAddress: null,
      adminToken: null,
      reload: () => Promise.resolve([]),
      onReload() {},
      shutdown: () => Promise.resolve(),
    });
  };
  const fake = fakeSurroundings({ startServer, ...surroundings });
  return { ...fake, exitCode: run(fake.surroundings), started };
}

Deno.test("--version prints the version of deno.json, the commit, Deno and V8", async () => {
  const { exitCode, output } = given({ args: ["--version"] });
  assertEquals(await exitCode, 0);
  // The commit is looked for beside the main module: here that is a test.
  assertEquals(output, [
    `rqtt ${project.version} (commit unknown, Deno ${Deno.version.deno}, ` +
    `V8 ${Deno.version.v8})`,
  ]);
});

Deno.test("--help lists the commands and fits one screen of 24 by 80", async () => {
  for (const option of ["--help", "-h"]) {
    const { exitCode, output, errors } = given({ args: [option] });
    assertEquals(await exitCode, 0);
    assertFitsScreen(output[0]);
    for (const { name, summary } of await loadCommands()) {
      assert(output[0].includes(`  ${name.padEnd(12)} ${summary}\n`), name);
    }
    assertEquals(errors, []);
  }
});

for (const [name, load] of Object.entries(COMMANDS)) {
  Deno.test(`rqtt ${name} --help fits one screen and has an example that can be read`, async () => {
    const { command } = await load();
    assertEquals(command.name, name);
    const { exitCode, output } = given({
      args: [name, "--help", "--unknown"],
    });
    assertEquals(await exitCode, 0);
    assertEquals(output, [commandHelp(command)]);
    assertFitsScreen(output[0]);
    assertMatch(output[0], /^Exit codes: 0 /m);
    assertExampleIsKnown(command);
  });
}

function assertFitsScreen(help: string): void {
  const lines = help.split("\n");
  assert(lines.length <= 24, `${lines.length} lines`);
  for (const line of lines) assert(line.length <= 80, line);
}

function assertExampleIsKnown({ name, options, example }: Command): void {
  const [first, ...rest] = example.line.split(" ");
  assertEquals(first, name);
  const known = options.flatMap(({ name, short }) => [
    name.length === 1 ? `-${name}` : `--${name}`,
    ...short ? [`-${short}`] : [],
  ]);
  for (const word of rest.filter((word) => /^--?[a-z]/i.test(word))) {
    assert(known.includes(word), word);
  }
}

const WRONG: readonly [args: string, told: string][] = [
  ["sevre", 'Unknown command "sevre", did you mean serve?'],
  ["mosquitto.conf", 'Unknown command "mosquitto.conf", see rqtt --help'],
  ["toString", 'Unknown command "toString", see rqtt --help'],
  ["check --confg a", 'Unknown option "--confg", did you mean --config?'],
  ["explain --usr a", 'Unknown option "--usr", did you mean --user?'],
  ["passwd -x a b", 'Unknown option "-x", see rqtt passwd --help'],
  ["check a.yaml", 'Unexpected argument "a.yaml", see rqtt check --help'],
];

for (const [args, told] of WRONG) {
  Deno.test(`rqtt ${args} is wrong usage`, async () => {
    const { exitCode, errors } = given({ args: args.split(" ") });
    assertEquals(await exitCode, 2);
    assertEquals(errors, [told]);
  });
}

Deno.test("--example prints config.example.yaml", async () => {
  const { exitCode, output } = given({ args: ["--example"] });
  assertEquals(await exitCode, 0);
  const file = new URL("../../config.example.yaml", import.meta.url);
  assertEquals(`${output.join("\n")}\n`, Deno.readTextFileSync(file));
});

Deno.test("Wrong usage is told and the exit code is 2", async () => {
  const { exitCode, errors, started } = given({ args: ["--prot", "1"] });
  assertEquals(await exitCode, 2);
  assertEquals(errors, ['Unknown option "--prot", did you mean --port?']);
  assertEquals(started, []);
});

Deno.test("A wrong configuration is told and the exit code is 3", async () => {
  for (
    const args of [
      ["-c", "a.yaml"],
      ["serve", "-c", "a.yaml", "--check"],
      ["check", "-c", "a.yaml"],
    ]
  ) {
    const { exitCode, output, errors, started } = given({
      args,
      readTextFile: () => "log: 1",
    });
    assertEquals(await exitCode, 3);
    assertEquals(output, []);
    assertEquals(errors, [
      "Cannot load configuration: a.yaml:1: log: " +
      'expected keys with values ("key: value"), found 1',
    ]);
    assertEquals(started, []);
  }
});

for (const check of ["--check", "check"]) {
  Deno.test(`${check} says that all is well and starts nothing`, async () => {
    const { exitCode, output, started } = given({ args: [check] });
    assertEquals(await exitCode, 0);
    assertEquals(output, ["The configuration is fine"]);
    assertEquals(started, []);
  });
}

Deno.test("RQTT_CONFIG names the file unless --config does", async () => {
  const read: string[] = [];
  const surroundings = {
    environment: { RQTT_CONFIG: "a.yaml" },
    readTextFile: (path: string) => {
      read.push(path);
      return "";
    },
  };
  await given(surroundings).exitCode;
  await given({ ...surroundings, args: ["--config", "b.yaml"] }).exitCode;
  assertEquals(read, ["a.yaml", "b.yaml"]);
});

for (const args of [["--port", "1884"], ["serve", "--port", "1884"]]) {
  Deno.test(`rqtt ${args.join(" ")} starts with what flags and variables say`, async () => {
    const { exitCode, started } = given({
      args,
      environment: { RQTT_LIMITS_MAX_QOS: "1" },
    });
    assertEquals(await exitCode, 0);
    const [listener] = started[0].listeners;
    assertEquals(listener.type !== "unix" && listener.port, 1884);
    assertEquals(started[0].limits.maximumQos, 1);
  });
}

Deno.test("Without a file it says that it is closed and how to open it", async () => {
  const closed =
    /no configuration file, so only this machine can connect; a file/;
  const lines = async (args: string[]) => {
    const { exitCode, errors } = given({ args });
    await exitCode;
    return errors.join("\n");
  };
  assertMatch(await lines([]), closed);
  const open = ["--host", "0.0.0.0", "--allow-anonymous"];
  assertEquals(closed.test(await lines(open)), false);
  assertEquals(closed.test(await lines(["--config", "a.yaml"])), false);
});
