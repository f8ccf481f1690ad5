import type { LogControl } from "../admin/mod.ts";
import {
  allowsAnonymous,
  type Config,
  ConfigError,
  isLoopback,
  type LogLevel,
} from "../config/mod.ts";
import { formatDuration } from "../config/scalars.ts";
import { formatListeningAddress } from "../transport/mod.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import type { Logger } from "./logger.ts";
import { Reloader, type ReloaderOptions } from "./reloader.ts";
import type { Server, StartServer } from "./server.ts";
import { NO_SERVICE_MANAGER, type ServiceManager } from "./service_manager.ts";
import type { SignalSource } from "./signals.ts";

/** What {@linkcode serve} works with. */
export interface ServeOptions {
  readonly logger: Logger;
  /** What reloads and the admin HTTP change of the log; nothing if left out. */
  readonly logControl?: LogControl;
  readonly startServer: StartServer;
  readonly signals: SignalSource;
  /** How to read the configuration again; without it nothing is reloaded. */
  readonly reloading?: Pick<ReloaderOptions, "source" | "file" | "readConfig">;
  /** Moves a damaged store aside and keeps what reads of it. */
  readonly recover: boolean;
  /** Is told how the broker is; nobody is if it is left out. */
  readonly service?: ServiceManager;
}

/**
 * Runs the broker until a signal stops it or it fails. The first signal stops
 * it gracefully; with a second one this resolves at once, whatever is still
 * open, and the caller is to end the process.
 */
export async function serve(
  config: Config,
  options: ServeOptions,
): Promise<ExitCode> {
  const { logger, signals, service = NO_SERVICE_MANAGER } = options;
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<ExitCode>();
  let count = 0;
  let inForce = config;
  const unsubscribe = signals.subscribe((signal) => {
    count++;
    if (count === 1) {
      const grace = formatDuration(inForce.shutdownGraceMs);
      logger.info("stopping, a second signal stops at once", { signal, grace });
      service.stopping();
      first.resolve();
    } else {
      logger.warn("stopped at once", { signal });
      second.resolve(EXIT_CODE.failure);
    }
  });
  try {
    const run = runServer(config, {
      ...options,
      service,
      stop: first.promise,
      onReloaded: (config) => inForce = config,
    });
    return await Promise.race([run, second.promise]);
  } finally {
    unsubscribe();
    await service.close();
  }
}

interface RunOptions extends ServeOptions {
  readonly service: ServiceManager;
  /** Resolves when the server is to stop. */
  readonly stop: Promise<void>;
  /** Is told of the configuration that was reloaded. */
  readonly onReloaded: (config: Config) => void;
}

async function runServer(
  config: Config,
  options: RunOptions,
): Promise<ExitCode> {
  const { logger, startServer, reloading, service, stop } = options;
  const reloader = reloading &&
    new Reloader({ ...reloading, logger, service });
  stop.then(() => reloader?.rest());
  try {
    const server = await startServer(config, options);
    const stoppedItself = server.finished.then(() => {
      throw new Error("Cannot go on: the server stopped by itself");
    });
    if (reloader !== undefined) {
      server.onReload(() => reloader.reload("asked by the admin API"));
    }
    // Last: who reads it may send signals.
    announce(server, config, logger);
    service.status(
      `listening on ${server.addresses.map(formatListeningAddress).join(", ")}`,
    );
    service.ready();
    const levels = new ConfiguredLevel(config);
    reloader?.start(config, async (config) => {
      const kept = await server.reload(config);
      options.onReloaded(config);
      if (options.logControl) levels.follow(config, options.logControl);
      return kept;
    });
    await Promise.race([stop, stoppedItself]);
    await server.shutdown();
    logger.info("stopped");
    return EXIT_CODE.fine;
  } catch (error) {
    logger.error(error instanceof Error ? error.message : String(error));
    return error instanceof ConfigError
      ? EXIT_CODE.configuration
      : EXIT_CODE.failure;
  } finally {
    reloader?.stop();
  }
}

/**
 * The level of the configuration: one that was set meanwhile holds until the
 * configuration itself says another.
 */
class ConfiguredLevel {
  #level: LogLevel;

  constructor({ log }: Config) {
    this.#level = log.level;
  }

  follow({ log }: Config, control: LogControl): void {
    if (log.level === this.#level) return;
    this.#level = log.level;
    control.level = log.level;
  }
}

function announce(
  { addresses, adminAddress, adminToken }: Server,
  config: Config,
  logger: Logger,
): void {
  const { admin, listeners } = config;
  for (const [index, listening] of addresses.entries()) {
    const listener = listeners[index];
    const { type } = listener;
    const address = formatListeningAddress(listening);
    logger.info(
      `listening on ${address}${type === "tcp" ? "" : ` for ${type}`}`,
    );
    const isOpen = !isLoopback(listening) &&
      !(type !== "unix" && listener.tls?.clientAuthentication === "require");
    if (isOpen && allowsAnonymous(config, listener)) {
      logger.warn("whoever reaches this address may connect", {
        address,
        setting: "auth.allow_anonymous",
      });
    }
  }
  if (adminAddress !== null) {
    const address = formatListeningAddress(adminAddress);
    logger.info(`listening on ${address} for admin`);
    if (!isLoopback(adminAddress) && admin.certificatePath === null) {
      logger.warn("tokens cross the network as plain text", {
        address,
        setting: "admin.certificate",
      });
    }
  }
  if (adminToken !== null) {
    logger.info("admin token for this run, admin.token_file keeps one", {
      token: adminToken,
    });
  }
}
