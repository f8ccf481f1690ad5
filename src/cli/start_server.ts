import type { Config } from "../config/mod.ts";
import { ListenError as ServerListenError, Server } from "../server.ts";
import { LogObserver } from "./log_observer.ts";
import type { Logger } from "./logger.ts";
import { ListenError, type Server as RunningServer } from "./server.ts";

/** Starts the real broker, and logs what happens to its connections. */
export async function startServer(
  config: Config,
  logger: Logger,
): Promise<RunningServer> {
  try {
    const server = await Server.start({
      config,
      observer: new LogObserver(logger),
    });
    return {
      addresses: server.addresses,
      finished: server.finished,
      shutdown: () => server.stop(),
    };
  } catch (error) {
    if (!(error instanceof ServerListenError)) throw error;
    throw new ListenError(error.listener, error.index, error.cause);
  }
}
