import { defaultConfig, Server } from "../../src/mod.ts";

/** A broker within the process of a test. */
export interface RunningBroker extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
}

/** Starts a broker on a free port of 127.0.0.1. */
export async function startBroker(
  type: "tcp" | "ws",
): Promise<RunningBroker> {
  const server = await Server.start({
    config: {
      ...defaultConfig(),
      listeners: [{
        type,
        hostname: "127.0.0.1",
        port: 0,
        maximumConnections: 10,
        ...type === "ws" && {
          webSocket: { path: "/mqtt", allowedOrigins: null },
        },
      }],
    },
  });
  const [{ port }] = server.addresses;
  return {
    url: type === "tcp"
      ? `mqtt://127.0.0.1:${port}`
      : `ws://127.0.0.1:${port}/mqtt`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
