import { LogObserver } from "../../src/cli/log_observer.ts";
import type { LogFields } from "../../src/cli/logger.ts";
import { startServer } from "../../src/cli/start_server.ts";
import { type Config, defaultConfig } from "../../src/config/mod.ts";
import { ConnectionLimit } from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";
import { RawClient } from "../conformance/_raw_client.ts";

/** A logger, and what it was given. */
function given() {
  const lines: (readonly [string, LogFields])[] = [];
  const log = (message: string, fields: LogFields = {}) => {
    lines.push([message, fields]);
  };
  return { lines, logger: { debug() {}, info() {}, warn: log, error: log } };
}

Deno.test("A connection that a limit refuses is logged with listener, address, limit and key", () => {
  const { lines, logger } = given();
  new LogObserver(logger).connectionOverLimit({
    limit: ConnectionLimit.connections,
    remoteAddress: "192.0.2.1:1024",
    listener: "0.0.0.0:1883",
    maximum: 7,
    setting: "limits.max_connections",
  });
  assertEquals(lines, [[
    "connection refused, there are too many",
    {
      listener: "0.0.0.0:1883",
      address: "192.0.2.1:1024",
      limit: 7,
      setting: "limits.max_connections",
    },
  ]]);
});

Deno.test("Each limit of connections is logged by its own key", async () => {
  const { lines, logger } = given();
  const defaults = defaultConfig();
  const [tcp] = defaults.listeners;
  const config: Config = {
    ...defaults,
    listeners: [
      { ...tcp, port: 0, maximumConnections: 1 } as typeof tcp,
      { ...tcp, port: 0 } as typeof tcp,
      {
        ...tcp,
        port: 0,
        limits: { maximumConnectionsPerSecondPerAddress: 1 },
      } as typeof tcp,
    ],
  };
  const server = await startServer(config, { logger, recover: false });
  const clients: RawClient[] = [];
  const open = async (index: number) => {
    const client = await RawClient.open(server.addresses[index], 5);
    clients.push(client);
    return client;
  };
  await (await open(0)).connect();
  await (await open(0)).expectClosed();
  for (let i = 0; i < 10; i++) {
    const client = await open(2);
    await client.connect();
    client.close();
  }
  const fast = await open(2);
  await fast.sendConnect({});
  await fast.expectRefused(0x9f);
  await server.reload({
    ...config,
    limits: { ...config.limits, maximumConnections: 1 },
  });
  await (await open(1)).expectClosed();
  assertEquals(
    lines.map(([message, { limit, setting, cause }]) => [
      message,
      limit ?? cause,
      setting,
    ]),
    [
      [
        "connection refused, there are too many",
        1,
        "listeners[0].max_connections",
      ],
      [
        "connection refused",
        "more than 1 connections a second from this address " +
        "(limits.max_connection_rate)",
        undefined,
      ],
      ["connection refused, there are too many", 1, "limits.max_connections"],
    ],
  );
  for (const client of clients) client.close();
  await server.shutdown();
});
