import { type Config, defaultConfig } from "../src/config/mod.ts";
import { selectReloadable } from "../src/reload.ts";
import { Server } from "../src/server.ts";
import { assertEquals } from "./_assert.ts";
import { RawClient } from "./conformance/_raw_client.ts";

Deno.test("The level of the log changes with a reload, its format and traces with a restart", () => {
  const current = defaultConfig();
  const { config, kept } = selectReloadable(current, {
    ...current,
    log: { level: "debug", format: "json" },
    tracing: { ...current.tracing, isEnabled: true },
  });
  assertEquals(kept, ["tracing.enabled", "log.format"]);
  assertEquals(config.log, { level: "debug", format: "auto" });
  assertEquals(config.tracing, current.tracing);
});

Deno.test("Every limit changes with a reload, and so does how often $SYS is published", () => {
  const current = defaultConfig();
  const wanted: Config = {
    ...current,
    limits: {
      ...current.limits,
      maximumPacketSizeBytes: 1_000,
      maximumRouteCacheEntries: 7,
      maximumQueuedMessages: 3,
    },
    listeners: current.listeners.map((listener) => ({
      ...listener,
      auth: undefined,
      limits: { maximumQos: 1 },
      maximumConnections: 9,
    })),
    admin: { ...current.admin, maximumConnections: 2, maximumStreams: 1 },
    sysIntervalMs: 0,
    shutdownGraceMs: 1,
  };
  const { config, kept } = selectReloadable(current, wanted);
  assertEquals(kept, []);
  assertEquals(config, wanted);
});

Deno.test("What was opened or made at the start is told of by its key, and stays as it is", () => {
  const current = defaultConfig();
  const [listener] = current.listeners;
  const { config, kept } = selectReloadable(current, {
    ...current,
    listeners: [listener, { ...listener, port: 1 } as typeof listener],
    persistence: { ...current.persistence, path: "db", durability: "relaxed" },
    admin: { ...current.admin, maximumBodyBytes: 1, tokenFile: "tokens" },
  });
  assertEquals(kept, [
    "listeners",
    "persistence.path",
    "persistence.durability",
    "admin.token_file",
    "admin.max_body_size",
  ]);
  assertEquals(
    config,
    {
      ...current,
      listeners: [{ ...listener, auth: undefined, limits: undefined }],
    },
  );
});

Deno.test("A reload changes what new clients are told and how many may come, and not what others were told", async () => {
  const defaults = defaultConfig();
  const config = {
    ...defaults,
    listeners: [{ ...defaults.listeners[0], port: 0 }],
  } as Config;
  const server = await Server.start({ config });
  const clients: RawClient[] = [];
  const open = async () => {
    const client = await RawClient.open(server.addresses[0], 5);
    clients.push(client);
    return client;
  };
  const told = async (client: RawClient, clientIdentifier: string) =>
    (await client.connect({ clientIdentifier })).value("maximumPacketSize");
  const old = await open();
  assertEquals(await told(old, "old"), 1_048_576);
  const kept = await server.reload({
    ...config,
    limits: { ...config.limits, maximumPacketSizeBytes: 1_000 },
    listeners: [{ ...config.listeners[0], maximumConnections: 2 }],
  });
  assertEquals(kept, []);
  assertEquals(await told(await open(), "late"), 1_000);
  await (await open()).expectClosed();
  assertEquals(
    server.listeners.map(({ connectionCount, maximumConnections }) => [
      connectionCount,
      maximumConnections,
    ]),
    [[2, 2]],
  );
  for (const client of clients) client.close();
  await server.stop();
});
