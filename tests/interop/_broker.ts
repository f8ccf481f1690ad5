import { inheritedEnvironment, PROGRAM } from "../_program.ts";
import { beforeDeadline } from "./_deadline.ts";

const LISTENING = /listening on 127\.0\.0\.1:(\d+)$/m;

/** Keys of the configuration, as the variables that set them. */
export type BrokerEnvironment = Readonly<Record<`RQTT_${string}`, string>>;

/**
 * The real program in a process of its own: `main.ts`, or the executable that
 * RQTT_BIN names. Its log goes to a file: a pipe read in the background would
 * look like a leak to every test that runs meanwhile.
 */
export class BrokerProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #directory: string;
  #isRunning = true;
  #port = 0;

  private constructor(environment: BrokerEnvironment, directory: string) {
    this.#directory = directory;
    const [command, ...args] = [...PROGRAM, "--port", "0"];
    this.#process = new Deno.Command("sh", {
      // exec keeps the process id, so a signal reaches the broker itself.
      args: [
        "-c",
        'log=$1; shift; exec "$@" 2>"$log"',
        "sh",
        this.#logPath,
        command,
        ...args,
      ],
      clearEnv: true,
      env: { ...inheritedEnvironment(), ...environment },
      stdin: "null",
      stdout: "null",
    }).spawn();
    this.#process.status.then(() => this.#isRunning = false);
  }

  /** Starts a broker; resolves when it listens. */
  static async start(
    environment: BrokerEnvironment = {},
  ): Promise<BrokerProcess> {
    const directory = await Deno.makeTempDir({ prefix: "rqtt-interop-" });
    using watcher = Deno.watchFs(directory);
    const broker = new BrokerProcess(environment, directory);
    try {
      const started = Promise.race([
        broker.#waitForPort(watcher),
        broker.#process.status.then(({ code }) => {
          throw new Error(`Cannot start the broker: exit code ${code}`);
        }),
      ]);
      broker.#port = await beforeDeadline(started, "the broker to listen");
      return broker;
    } catch (error) {
      console.error(broker.log());
      await broker[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where it listens, on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  /** Everything it has logged so far. */
  log(): string {
    return Deno.readTextFileSync(this.#logPath);
  }

  /** Resolves when its log has something that matches `pattern`. */
  async logged(pattern: RegExp): Promise<void> {
    using watcher = Deno.watchFs(this.#directory);
    const seen = async () => {
      if (pattern.test(this.log())) return;
      for await (const _ of watcher) if (pattern.test(this.log())) return;
    };
    await beforeDeadline(seen(), `the log to match ${pattern}`);
  }

  /** Sends it `signal` and waits for its end; returns the exit code. */
  async stop(signal: Deno.Signal): Promise<number> {
    if (this.#isRunning) this.#process.kill(signal);
    const { code } = await beforeDeadline(
      this.#process.status,
      `the broker to end after ${signal}`,
    );
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    await Deno.remove(this.#directory, { recursive: true });
  }

  get #logPath(): string {
    return `${this.#directory}/broker.log`;
  }

  async #waitForPort(watcher: Deno.FsWatcher): Promise<number> {
    for await (const _ of watcher) {
      const port = LISTENING.exec(this.log())?.[1];
      if (port !== undefined) return Number(port);
    }
    throw new Error("Cannot start the broker: its log is not watched any more");
  }
}
