import { inheritedEnvironment, PROGRAM } from "../_program.ts";
import { beforeDeadline } from "../interop/_deadline.ts";

const LISTENING = /listening on 127\.0\.0\.1:(\d+)$/m;

/** How a broker keeps its state, and where. */
export interface BrokerOptions {
  readonly path: string;
  readonly durability: string;
  /** A command that runs the broker as its arguments, in the same process. */
  readonly prefix?: readonly string[];
}

/** The real program: `main.ts`, or the executable that RQTT_BIN names. */
export class Broker {
  readonly #process: Deno.ChildProcess;
  readonly #listening = Promise.withResolvers<number>();
  readonly #logRead: Promise<void>;
  #log = "";
  #onLog: () => void = () => {};

  constructor({ path, durability, prefix = [] }: BrokerOptions) {
    const [command, ...args] = [...prefix, ...PROGRAM];
    this.#process = new Deno.Command(command, {
      args: [...args, "--port", "0"],
      clearEnv: true,
      env: {
        ...inheritedEnvironment(),
        RQTT_PERSISTENCE_PATH: path,
        RQTT_PERSISTENCE_DURABILITY: durability,
        NO_COLOR: "1",
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#logRead = this.#readLog();
  }

  /** Resolves with the port on 127.0.0.1 when clients can connect. */
  async port(): Promise<number> {
    const ended = this.#process.status.then(({ code }) => {
      throw new Error(`Cannot start the broker: exit code ${code}`);
    });
    // When it ends later that is no failure to start.
    ended.catch(() => {});
    const listening = Promise.race([this.#listening.promise, ended]);
    return await beforeDeadline(listening, "the broker to listen");
  }

  get processId(): number {
    return this.#process.pid;
  }

  /** Everything it has logged so far. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when it has logged what matches `pattern`. */
  async logged(pattern: RegExp): Promise<void> {
    const found = Promise.withResolvers<void>();
    this.#onLog = () => pattern.test(this.#log) && found.resolve();
    this.#onLog();
    await beforeDeadline(found.promise, `${pattern} in the log`);
  }

  /** Ends it with `signal`, and resolves when it is gone. */
  async end(signal: Deno.Signal): Promise<void> {
    try {
      this.#process.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // It has ended already.
    }
    await beforeDeadline(this.#process.status, `the end after ${signal}`);
    await this.#logRead;
  }

  async #readLog(): Promise<void> {
    const text = this.#process.stderr.pipeThrough(new TextDecoderStream());
    for await (const chunk of text) {
      this.#log += chunk;
      this.#onLog();
      const port = LISTENING.exec(this.#log)?.[1];
      if (port !== undefined) this.#listening.resolve(Number(port));
    }
  }
}
