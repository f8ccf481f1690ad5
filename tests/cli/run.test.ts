import type { NetworkListenerOptions } from "../../src/transport/mod.ts";
import { assertEquals, assertMatch } from "../_assert.ts";
import { run, type Surroundings } from "../../src/cli/run.ts";
import type { StartServer } from "../../src/cli/server.ts";
import type { Config } from "../../src/config/mod.ts";
import project from "../../deno.json" with { type: "json" };

function given(surroundings: Partial<Surroundings>) {
  const output: string[] = [];
  const errors: string[] = [];
  const started: Config[] = [];
  // The signal is there before the broker, so each run ends by itself.
  const startServer: StartServer = (config) => {
    started.push(config);
    return Promise.resolve({
      addresses: config.listeners as NetworkListenerOptions[],
      finished: Promise.withResolvers<void>().promise,
      reload: () => [],
      shutdown: () => Promise.resolve(),
    });
  };
  const exitCode = run({
    args: [],
    environment: {},
    signals: {
      subscribe(handler) {
        handler("SIGTERM");
        return () => {};
      },
    },
    reloads: { subscribe: () => () => {} },
    hasColor: false,
    now: () => 0,
    readTextFile: () => "",
    writeOutput: (text) => output.push(text),
    writeError: (text) => errors.push(text),
    askPassword: () => null,
    ...surroundings,
  }, startServer);
  return { exitCode, output, errors, started };
}

Deno.test("--version prints the version of deno.json", async () => {
  const { exitCode, output } = given({ args: ["--version"] });
  assertEquals(await exitCode, 0);
  assertEquals(output, [`rqtt ${project.version}`]);
});

Deno.test("--help prints the help", async () => {
  const { exitCode, output, errors } = given({ args: ["--help"] });
  assertEquals(await exitCode, 0);
  assertMatch(output.join("\n"), /^Usage: rqtt/m);
  assertEquals(errors, []);
});

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
  for (const args of [["-c", "a.yaml"], ["-c", "a.yaml", "--check"]]) {
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

Deno.test("--check says that all is well and starts nothing", async () => {
  const { exitCode, output, started } = given({ args: ["--check"] });
  assertEquals(await exitCode, 0);
  assertEquals(output, ["The configuration is fine"]);
  assertEquals(started, []);
});

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

Deno.test("The broker is started with what flags and variables say", async () => {
  const { exitCode, started } = given({
    args: ["--port", "1884"],
    environment: { RQTT_LIMITS_MAX_QOS: "1" },
  });
  assertEquals(await exitCode, 0);
  const [listener] = started[0].listeners;
  assertEquals(listener.type !== "unix" && listener.port, 1884);
  assertEquals(started[0].limits.maximumQos, 1);
});

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
