import { assertEquals, assertMatch, assertStringIncludes } from "../_assert.ts";
import { inheritedEnvironment, PROGRAM } from "../_program.ts";

interface Given {
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The program as users start it; RQTT_… of this process are kept from it. */
function program({ args, environment = {} }: Given): Deno.Command {
  const [command, ...before] = PROGRAM;
  return new Deno.Command(command, {
    args: [...before, ...args],
    clearEnv: true,
    env: { ...inheritedEnvironment(), NO_COLOR: "1", ...environment },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function runToEnd(given: Given) {
  const { code, stdout, stderr } = await program(given).output();
  const decoder = new TextDecoder();
  return {
    code,
    output: decoder.decode(stdout),
    errors: decoder.decode(stderr),
  };
}

/** A program that serves, with what it has logged so far. */
class Running {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  log = "";

  constructor(given: Given) {
    this.#child = program(given).spawn();
    this.#lines = this.#child.stderr.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** Reads the log until it has `pattern`, and returns the match. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = pattern.exec(this.log);
      if (match !== null) return match;
      const { done, value } = await this.#lines.read();
      if (done) throw new Error(`Cannot find ${pattern} in: ${this.log}`);
      this.log += value;
    }
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and returns the exit code. */
  async stop(signal: Deno.Signal): Promise<number> {
    this.signal(signal);
    const { code } = await this.#child.status;
    while (true) {
      const { done, value } = await this.#lines.read();
      if (done) break;
      this.log += value;
    }
    await this.#child.stdout.cancel();
    return code;
  }
}

async function withFile(yaml: string, use: (file: string) => Promise<void>) {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, yaml);
    await use(file);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("--check tells a good configuration with exit code 0", async () => {
  const file = new URL("../../config.example.yaml", import.meta.url).pathname;
  assertEquals(await runToEnd({ args: ["--check", "--config", file] }), {
    code: 0,
    output: "The configuration is fine\n",
    errors: "",
  });
});

Deno.test("--check tells a bad configuration with exit code 3", async () => {
  await withFile("limits:\n  max_qos: 3\n", async (file) => {
    assertEquals(await runToEnd({ args: ["--check", "--config", file] }), {
      code: 3,
      output: "",
      errors: `Cannot load configuration: ${file}:2: limits.max_qos: ` +
        "expected 0, 1 or 2, found 3\n",
    });
  });
});

Deno.test("A configuration file that is missing has exit code 3", async () => {
  const file = "/nonexistent/rqtt.yaml";
  assertEquals(await runToEnd({ args: ["--config", file] }), {
    code: 3,
    output: "",
    errors: `Cannot load configuration: ${file}: no such file\n`,
  });
});

Deno.test("A bad variable has exit code 3", async () => {
  const environment = { RQTT_LIMITS_MAX_QOS: "three" };
  const { code, errors } = await runToEnd({ args: ["--check"], environment });
  assertEquals(code, 3);
  assertStringIncludes(errors, "RQTT_LIMITS_MAX_QOS");
});

Deno.test("An unknown option has exit code 2", async () => {
  assertEquals(await runToEnd({ args: ["--prot", "1884"] }), {
    code: 2,
    output: "",
    errors: 'Unknown option "--prot", did you mean --port?\n',
  });
});

Deno.test("A port in use has exit code 1 and one line with the remedy", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { code, errors } = await runToEnd({ args: ["--port", `${port}`] });
  assertEquals(code, 1);
  assertMatch(
    errors,
    new RegExp(
      `error Cannot listen on 127\\.0\\.0\\.1:${port} ` +
        `\\(listeners\\[0\\]\\.address\\): port ${port} is in use, .+\n$`,
    ),
  );
});

/** CONNECT of MQTT 3.1.1: Clean Session, Keep Alive 60, Client Identifier a. */
const CONNECT = Uint8Array.fromHex("100d00044d5154540402003c000161");
/** CONNACK of MQTT 3.1.1: accepted, no Session Present. */
const CONNACK = Uint8Array.fromHex("20020000");

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`The broker serves until ${signal} and ends with code 0`, async () => {
    const running = new Running({ args: ["--port", "0"] });
    const [, port] = await running.until(/listening on 127\.0\.0\.1:(\d+)\n/);
    using connection = await Deno.connect({
      hostname: "127.0.0.1",
      port: Number(port),
    });
    await connection.write(CONNECT);
    const answer = new Uint8Array(CONNACK.length);
    assertEquals(await connection.read(answer), CONNACK.length);
    assertEquals(answer, CONNACK);
    await running.until(/client connected/);
    assertEquals(await running.stop(signal), 0);
    assertMatch(running.log, new RegExp(`signal=${signal}`));
    assertMatch(running.log, /info {2}stopped\n$/);
  });
}

Deno.test("A file and a variable are heard by the real broker", async () => {
  await withFile("listeners: [{ address: 127.0.0.1:0 }]\n", async (file) => {
    const running = new Running({
      args: ["--config", file],
      environment: { RQTT_LOG_FORMAT: "json" },
    });
    const [line] = await running.until(/^.*listening on .*$/m);
    assertMatch(JSON.parse(line).message, /^listening on 127\.0\.0\.1:\d+$/);
    assertEquals(await running.stop("SIGTERM"), 0);
  });
});

Deno.test("SIGHUP reloads the configuration, once each time", async () => {
  const running = new Running({ args: ["--port", "0"] });
  await running.until(/listening on/);
  for (let i = 0; i < 2; i++) {
    running.signal("SIGHUP");
    await running.until(/reloaded users.*\n/);
    running.log = "";
  }
  assertEquals(await running.stop("SIGTERM"), 0);
  assertEquals(running.log.includes("reloaded"), false);
});
