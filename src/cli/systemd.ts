import type { Logger } from "./logger.ts";
import { NO_SERVICE_MANAGER, type ServiceManager } from "./service_manager.ts";

/** What systemd says to a service of `Type=notify`. */
export interface SystemdVariables {
  readonly NOTIFY_SOCKET?: string;
  /** Microseconds without a sign of life after which it ends the service. */
  readonly WATCHDOG_USEC?: string;
  /** Of which process; of this one if it is not set. */
  readonly WATCHDOG_PID?: string;
}

/**
 * Connects to systemd if that has started the program and wants to hear of it.
 * If it cannot be reached, the log says so and the program goes on.
 */
export function connectSystemd(
  variables: SystemdVariables,
  logger: Logger,
): ServiceManager {
  const path = variables.NOTIFY_SOCKET;
  if (!path) return NO_SERVICE_MANAGER;
  try {
    if (!path.startsWith("/")) {
      throw new Error("Deno reaches sockets in the file system only");
    }
    return new Systemd(path, { variables, logger });
  } catch (error) {
    logger.warn(CANNOT_TELL, { socket: path, error: error as Error });
    return NO_SERVICE_MANAGER;
  }
}

const CANNOT_TELL = "cannot tell systemd how the service is";

/** Speaks the protocol of sd_notify: datagrams of `NAME=value` lines. */
class Systemd implements ServiceManager {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #socket: Deno.DatagramConn;
  readonly #watchdog: number | undefined;
  readonly #encoder = new TextEncoder();
  /** Datagrams go one after the other. */
  #sent: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(
    path: string,
    { variables, logger }: {
      readonly variables: SystemdVariables;
      readonly logger: Logger;
    },
  ) {
    this.#path = path;
    this.#logger = logger;
    this.#socket = openSocket();
    const intervalMs = watchdogIntervalMs(variables);
    if (intervalMs === null) return;
    // From the event loop that serves the clients: if that stands still, no
    // sign of life goes out.
    this.#watchdog = setInterval(() => this.#send("WATCHDOG=1"), intervalMs);
  }

  ready(): void {
    this.#send("READY=1");
  }

  reloading(): void {
    this.#send("RELOADING=1");
  }

  stopping(): void {
    this.#send("STOPPING=1");
  }

  status(text: string): void {
    this.#send(`STATUS=${text.replaceAll(/\s+/g, " ")}`);
  }

  async close(): Promise<void> {
    clearInterval(this.#watchdog);
    await this.#sent;
    this.#socket.close();
  }

  #send(line: string): void {
    const bytes = this.#encoder.encode(line);
    const address = { transport: "unixpacket", path: this.#path } as const;
    this.#sent = this.#sent
      .then(() => this.#socket.send(bytes, address))
      .then(() => {}, (error) => this.#fail(error));
  }

  /** Told once, not at every sign of life. */
  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#logger.warn(CANNOT_TELL, { socket: this.#path, error });
  }
}

/**
 * Deno's datagram sockets need a name of their own. Nobody answers to it, so
 * it goes at once and is not left behind by a process that is killed.
 */
function openSocket(): Deno.DatagramConn {
  const directory = Deno.makeTempDirSync({ prefix: "rqtt-" });
  try {
    const path = `${directory}/notify`;
    return Deno.listenDatagram({ transport: "unixpacket", path });
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/**
 * Half of the time after which systemd ends the service, in milliseconds, or
 * `null` if it waits for no sign of life.
 */
export function watchdogIntervalMs(
  { WATCHDOG_USEC, WATCHDOG_PID }: SystemdVariables,
): number | null {
  const microseconds = Number(WATCHDOG_USEC);
  const isMeant = !WATCHDOG_PID || Number(WATCHDOG_PID) === Deno.pid;
  if (!isMeant || !(microseconds > 0)) return null;
  return Math.max(microseconds / 2_000, 1);
}
