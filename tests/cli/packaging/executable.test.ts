import { assert, assertEquals, assertMatch } from "../../_assert.ts";
import { EXECUTABLE } from "../../_program.ts";
import { beforeDeadline } from "../../interop/_deadline.ts";
import { outputOf } from "../../interop/_child.ts";

const ignore = EXECUTABLE === null;

/** A program of its own network, in which nothing is, not even loopback. */
const WITHOUT_NETWORK = ["unshare", "--map-root-user", "--net"];

/** An empty directory, and the executable in it with nothing else to find. */
class EmptyPlace implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync({ prefix: "rqtt-empty-" });

  constructor() {
    for (const name of ["home", "tmp"]) {
      Deno.mkdirSync(`${this.directory}/${name}`);
    }
  }

  /** The executable without Deno, Node.js or network, and few variables. */
  command(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Deno.Command {
    const [program, ...rest] = [...WITHOUT_NETWORK, EXECUTABLE!, ...args];
    return new Deno.Command(`/usr/bin/${program}`, {
      args: rest,
      cwd: this.directory,
      clearEnv: true,
      env: {
        PATH: "/nonexistent",
        HOME: `${this.directory}/home`,
        TMPDIR: `${this.directory}/tmp`,
        ...environment,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  async run(args: readonly string[]) {
    const { code, stdout, stderr } = await this.command(args).output();
    const [output, errors] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    return { code, output, errors };
  }

  /** What is in it beside the two directories that begin empty. */
  files(): string[] {
    return ["", "/home", "/tmp"].flatMap((below) =>
      [...Deno.readDirSync(this.directory + below)]
        .map(({ name }) => `${below}/${name}`)
    ).filter((path) => !["/home", "/tmp"].includes(path)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

const isAlone = !ignore &&
  outputOf("/usr/bin/unshare", [...WITHOUT_NETWORK.slice(1), "true"]) !== null;

Deno.test({
  name: "The executable is not larger than 110 MB",
  ignore,
  fn() {
    const { size } = Deno.statSync(EXECUTABLE!);
    assert(size <= 110e6, `${size} bytes`);
  },
});

/** What Deno keeps in an executable of the flags that it was compiled with. */
function permissionsInside(path: string): Record<string, unknown> {
  const bytes = Deno.readFileSync(path);
  // The data stand at the end, and the program's own text comes later.
  const text = new TextDecoder("latin1").decode(bytes);
  const found = text.matchAll(/"permissions":(\{"allow_env".*?\})/g);
  const [, json] = [...found].at(-1)!;
  return JSON.parse(json);
}

Deno.test({
  name: "The executable may use the network and files, and nothing else",
  ignore,
  fn() {
    const inside = permissionsInside(EXECUTABLE!);
    assertEquals(inside.prompt, false);
    // An empty list stands for everything, null for nothing.
    assertEquals(inside.allow_net, []);
    assertEquals(inside.allow_read, []);
    assertEquals(inside.allow_write, []);
    assertEquals(inside.allow_env, [
      "RQTT_*",
      "NOTIFY_SOCKET",
      "WATCHDOG_USEC",
      "WATCHDOG_PID",
    ]);
    assertEquals(inside.ignore_env, []);
    assertEquals(inside.allow_run, null);
    assertEquals(inside.allow_ffi, null);
    assertEquals(inside.allow_sys, null);
    assertEquals(inside.deny_import, []);
  },
});

Deno.test({
  name: "Alone in an empty directory the executable says what it is",
  ignore: !isAlone,
  async fn() {
    await using place = new EmptyPlace();
    const { code, output } = await place.run(["--version"]);
    assertEquals(code, 0);
    assertMatch(
      output,
      /^rqtt \S+ \(commit ([0-9a-f]{12}|unknown), Deno [\d.]+, V8 [\w.-]+\)\n$/,
    );
    assertEquals(place.files(), []);
  },
});

Deno.test({
  name: "Alone in an empty directory the executable hashes with argon2id",
  ignore: !isAlone,
  async fn() {
    await using place = new EmptyPlace();
    const args = ["passwd", "-c", "-H", "argon2id", "-b", "users", "a", "b"];
    assertEquals(await place.run(args), { code: 0, output: "", errors: "" });
    const users = await Deno.readTextFile(`${place.directory}/users`);
    assertMatch(users, /^a:\$argon2id\$/);
    assertEquals(place.files(), ["/users"]);
  },
});

/** CONNECT of MQTT 3.1.1 with a Session that stays, Client Identifier a. */
const CONNECT = Uint8Array.fromHex("100d00044d5154540400003c000161");

Deno.test({
  name: "Alone in an empty directory the executable serves, keeps a Session " +
    "and leaves nothing else behind",
  ignore: !isAlone,
  async fn() {
    await using place = new EmptyPlace();
    const file = `${place.directory}/rqtt.yaml`;
    const path = `${place.directory}/socket`;
    await Deno.writeTextFile(
      file,
      `listeners: [{ type: unix, path: ${path} }]\n` +
        `persistence: { path: ${place.directory}/store.db }\n`,
    );
    for (const sessionPresent of [0, 1]) {
      const process = place.command(["--config", file]).spawn();
      const ended = Promise.all([
        process.status,
        process.stdout.cancel(),
      ]);
      await logged(process.stderr, /listening on/);
      using connection = await Deno.connect({ transport: "unix", path });
      await connection.write(CONNECT);
      const answer = new Uint8Array(4);
      assertEquals(await connection.read(answer), 4);
      assertEquals(answer.toHex(), `20020${sessionPresent}00`);
      process.kill("SIGTERM");
      const [{ code }] = await ended;
      assertEquals(code, 0);
    }
    const files = place.files().filter((name) => !name.startsWith("/store.db"));
    assertEquals(files, ["/rqtt.yaml"]);
  },
});

/** Resolves when the log has `pattern`; the rest is let go. */
async function logged(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  pattern: RegExp,
): Promise<void> {
  let log = "";
  const lines = stream.pipeThrough(new TextDecoderStream());
  const seen = (async () => {
    for await (const text of lines.values({ preventCancel: true })) {
      log += text;
      if (pattern.test(log)) return;
    }
    throw new Error(`Cannot find ${pattern} in: ${log}`);
  })();
  await beforeDeadline(seen, `${pattern} in the log`);
  lines.pipeTo(new WritableStream());
}
