import type { Tracer } from "../broker/mod.ts";
import type { Config, TracingConfig } from "../config/mod.ts";
import { Server } from "../server.ts";
import { DropLog } from "./drop_log.ts";
import { LogObserver } from "./log_observer.ts";
import type { Logger } from "./logger.ts";
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
    tracer: config.tracing.isEnabled
      ? await openTracer(config.tracing, logger)
      : undefined,
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

/** Its code is loaded only where it is used. */
async function openTracer(
  config: TracingConfig,
  logger: Logger,
): Promise<Tracer> {
  const { OpenTelemetryTracer } = await import("./open_telemetry_tracer.ts");
  const tracer = new OpenTelemetryTracer(config);
  if (!tracer.isExported) {
    logger.warn("traces go nowhere, start with OTEL_DENO=true in place", {
      setting: "tracing.enabled",
    });
  }
  return tracer;
}
