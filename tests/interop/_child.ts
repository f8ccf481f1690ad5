import { beforeDeadline } from "./_deadline.ts";

/** How a client's process ended. */
export interface ChildEnd {
  /** The exit code; with a signal 128 and its number. */
  readonly code: number;
  /** All that it wrote to standard error. */
  readonly errors: string;
}

/** What to start, and who listens to it. */
export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** All of its standard input, if that is known beforehand. */
  readonly input?: string;
  /** Called with each line of standard output. */
  readonly onLine: (line: string) => void;
  /** Called once, after the last line. */
  readonly onEnd?: (end: ChildEnd) => void;
}

/** A client that is a program of its own. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #ended: Promise<ChildEnd>;
  readonly #command: string;
  #isRunning = true;

  constructor(options: ChildOptions) {
    this.#command = options.command;
    this.#process = new Deno.Command(options.command, {
      args: [...options.args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#ended = this.#watch(options);
  }

  /** Writes `text` to its standard input, unless it has ended. */
  async write(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text))
      .catch(ignoreEnded);
  }

  /** Waits until it ends by itself. */
  finished(): Promise<ChildEnd> {
    return beforeDeadline(this.#ended, `the end of ${this.#command}`);
  }

  /** Sends it `signal` and waits for its end. */
  async stop(signal: Deno.Signal): Promise<ChildEnd> {
    if (this.#isRunning) this.#process.kill(signal);
    return await this.finished();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }

  async #feed(input: string): Promise<void> {
    await this.write(input);
    await this.#input.close().catch(ignoreEnded);
  }

  async #watch({ input, onLine, onEnd }: ChildOptions): Promise<ChildEnd> {
    const [{ code }, errors] = await Promise.all([
      this.#process.status.then((status) => {
        this.#isRunning = false;
        return status;
      }),
      new Response(this.#process.stderr).text(),
      forEachLine(this.#process.stdout, onLine),
      input === undefined ? null : this.#feed(input),
    ]);
    if (input === undefined) await this.#input.close().catch(ignoreEnded);
    const end = { code, errors: errors.trim() };
    onEnd?.(end);
    return end;
  }
}

/** Writing to a process that has ended fails; `onEnd` and `finished` say why. */
function ignoreEnded(): void {}

async function forEachLine(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}

/** What `command` writes to standard output; `null` if it cannot be run. */
export function outputOf(command: string, args: string[]): string | null {
  try {
    const { success, stdout } = new Deno.Command(command, { args })
      .outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
