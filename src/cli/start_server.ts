import type { Config } from "../config/mod.ts";
import { Server } from "../server.ts";
import { DropLog } from "./drop_log.ts";
import { LogObserver } from "./log_observer.ts";
import type { Server as RunningServer, StartOptions } from "./server.ts";

/** Starts the real broker, and logs what happens to its connections. */
export async function startServer(
  config: Config,
  { logger, logControl, recover }: StartOptions,
): Promise<RunningServer> {
  const observer = new LogObserver(logger);
  const server = await Server.start({
    config,
    observer,
    storeObserver: observer,
    listenerObserver: observer,
    pluginObserver: observer,
    adminObserver: observer,
    logControl,
    recover,
  });
  const drops = new DropLog(server.broker, logger);
  drops.start();
  return {
    addresses: server.addresses,
    adminAddress: server.adminAddress,
    adminToken: server.adminToken,
    finished: server.finished,
    reload: (config) => server.reload(config),
    onReload: (reload) => server.onReload(reload),
    async shutdown() {
      drops.stop();
      await server.stop();
    },
  };
}
