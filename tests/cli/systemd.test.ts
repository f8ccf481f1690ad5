import type { Logger } from "../../src/cli/logger.ts";
import { connectSystemd, watchdogIntervalMs } from "../../src/cli/systemd.ts";
import { assertEquals, assertMatch } from "../_assert.ts";
import { inheritedEnvironment, PROGRAM } from "../_program.ts";
import { beforeDeadline } from "../interop/_deadline.ts";

const ignore = Deno.build.os === "windows";

/** The socket of a systemd that is not there. */
class Receiver implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync();
  readonly path = `${this.directory}/notify`;
  readonly #socket = Deno.listenDatagram({
    transport: "unixpacket",
    path: this.path,
  });

  /** Receives until `line` comes; returns what came before it. */
  until(line: string): Promise<string[]> {
    return beforeDeadline(this.#receive(line), `${line} to come`);
  }

  async #receive(line: string): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const [bytes] = await this.#socket.receive();
      const received = new TextDecoder().decode(bytes);
      if (received === line) return lines;
      lines.push(received);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** The real program, told of `receiver` as systemd does it. */
function start(receiver: Receiver, watchdogSeconds: number): Deno.ChildProcess {
  const [command, ...args] = PROGRAM;
  return new Deno.Command(command, {
    args: [...args, "--port", "0"],
    clearEnv: true,
    env: {
      ...inheritedEnvironment(),
      TMPDIR: receiver.directory,
      NOTIFY_SOCKET: receiver.path,
      WATCHDOG_USEC: `${watchdogSeconds * 1e6}`,
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

Deno.test({
  name: "systemd hears of the start, of each reload and of the stop",
  ignore,
  async fn() {
    await using receiver = new Receiver();
    const program = start(receiver, 3_600);
    const [status, ...others] = await receiver.until("READY=1");
    assertMatch(status, /^STATUS=listening on 127\.0\.0\.1:\d+$/);
    assertEquals(others, []);
    // The name of its own socket is gone, so it leaves nothing behind.
    const names = Array.from(Deno.readDirSync(receiver.directory), nameOf);
    assertEquals(names, ["notify"]);
    program.kill("SIGHUP");
    assertEquals(await receiver.until("RELOADING=1"), []);
    assertEquals(await receiver.until("READY=1"), []);
    program.kill("SIGTERM");
    assertEquals(await receiver.until("STOPPING=1"), []);
    assertEquals((await program.status).code, 0);
  },
});

Deno.test({
  name: "systemd hears signs of life if it waits for them",
  ignore,
  async fn() {
    await using receiver = new Receiver();
    const program = start(receiver, 0.1);
    await receiver.until("READY=1");
    for (let i = 0; i < 3; i++) await receiver.until("WATCHDOG=1");
    program.kill("SIGTERM");
    await receiver.until("STOPPING=1");
    assertEquals((await program.status).code, 0);
  },
});

Deno.test("Signs of life come twice in the time that systemd waits", () => {
  const own = `${Deno.pid}`;
  for (
    const [usec, pid, expected] of [
      ["20000000", undefined, 10_000],
      ["20000000", own, 10_000],
      ["20000000", "1", null],
      ["1", undefined, 1],
      ["0", undefined, null],
      ["soon", undefined, null],
      [undefined, own, null],
    ] as const
  ) {
    const variables = { WATCHDOG_USEC: usec, WATCHDOG_PID: pid };
    assertEquals(watchdogIntervalMs(variables), expected, `${usec} ${pid}`);
  }
});

for (
  const [name, path, cause] of [
    ["that is gone", "/nonexistent/notify", /No such file/],
    ["of the abstract kind", "@abstract", /in the file system only/],
  ] as const
) {
  Deno.test({
    name: `A socket of systemd ${name} is told of once, and the broker goes on`,
    ignore,
    async fn() {
      const { lines, logger } = recordingLogger();
      const service = connectSystemd({ NOTIFY_SOCKET: path }, logger);
      service.status("fine");
      service.ready();
      await service.close();
      assertEquals(lines.length, 1);
      assertMatch(lines[0], /cannot tell systemd how the service is/);
      assertMatch(lines[0], cause);
    },
  });
}

Deno.test("Without systemd nothing is opened and nothing is said", async () => {
  const { lines, logger } = recordingLogger();
  const service = connectSystemd({ NOTIFY_SOCKET: "" }, logger);
  service.ready();
  await service.close();
  assertEquals(lines, []);
});

function nameOf({ name }: Deno.DirEntry): string {
  return name;
}

function recordingLogger() {
  const lines: string[] = [];
  const log = (message: string, fields = {}) =>
    void lines.push([message, ...Object.values(fields)].join(" "));
  const logger: Logger = {
    debug: log,
    info: log,
    warn: log,
    error: log,
  };
  return { lines, logger };
}
