import { Certificates } from "../../_certificates.ts";
import { beforeDeadline } from "../../interop/_deadline.ts";

/** What a broker under test listens for. */
export const SCHEMES = ["mqtt", "mqtts", "ws", "wss"] as const;

/** One of {@linkcode SCHEMES}. */
export type Scheme = typeof SCHEMES[number];

/** Free ports of 127.0.0.1, by scheme. */
export type Ports = Readonly<Record<Scheme, number>>;

/** A broker that the client is to work with. */
export interface Target {
  readonly name: string;
  /** Whether it keeps sessions when it is killed. */
  readonly isDurable: boolean;
  /**
   * mosquitto 2.0.11 takes 4 KiB every 100 ms from a WebSocket, whatever waits
   * in its buffer, so that large messages make slow tests.
   */
  readonly readsWebSocketsSlowly: boolean;
  /** Why this machine does not have it; `null` if it does. */
  readonly whyMissing: string | null;
  /** The command and its arguments; files go into `directory`. */
  command(
    ports: Ports,
    certificates: Certificates,
  ): readonly [command: string, ...args: string[]];
}

/** A {@linkcode Target} that runs, in a process of its own. */
export class TargetProcess implements AsyncDisposable {
  readonly ports: Ports;
  readonly certificates: Certificates;
  readonly #command: readonly [string, ...string[]];
  #process: Deno.ChildProcess | null = null;

  private constructor(
    ports: Ports,
    certificates: Certificates,
    command: readonly [string, ...string[]],
  ) {
    this.ports = ports;
    this.certificates = certificates;
    this.#command = command;
  }

  /** Resolves when it takes connections. */
  static async start(target: Target): Promise<TargetProcess> {
    const certificates = await Certificates.make();
    const ports = freePorts();
    const command = target.command(ports, certificates);
    const process = new TargetProcess(ports, certificates, command);
    await process.start();
    return process;
  }

  /** Where `scheme` is spoken. */
  url(scheme: Scheme): string {
    const path = scheme.startsWith("ws") ? "/mqtt" : "";
    // The certificate is made out to this name.
    return `${scheme}://localhost:${this.ports[scheme]}${path}`;
  }

  /** Starts it (again), on the same ports and with the same files. */
  async start(): Promise<void> {
    const [command, ...args] = this.#command;
    this.#process = new Deno.Command(command, {
      args,
      cwd: this.certificates.directory,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await beforeDeadline(this.#accepts(), `${command} to listen`);
  }

  /** Ends it at once: it cannot say goodbye or save anything. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.certificates[Symbol.asyncDispose]();
  }

  /** All listeners are open. */
  async #accepts(): Promise<void> {
    for (const port of Object.values(this.ports)) {
      while (!await isOpen(port)) {
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }
}

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

function freePorts(): Ports {
  const listeners = SCHEMES.map(() =>
    Deno.listen({ hostname: "127.0.0.1", port: 0 })
  );
  const [mqtt, mqtts, ws, wss] = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return { mqtt, mqtts, ws, wss };
}
