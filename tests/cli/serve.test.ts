import { makeLogger } from "../_logger.ts";
import { assert, assertEquals } from "../_assert.ts";
import type { Logger } from "../../src/cli/logger.ts";
import {
  defaultConfig,
  isLoopback,
  type LogLevel,
} from "../../src/config/mod.ts";
import { serve, type ServeOptions } from "../../src/cli/serve.ts";
import type { Server, StartServer } from "../../src/cli/server.ts";

/** A broker, a signal source and a log that the test holds in its hands. */
function given(overrides: Partial<Server> = {}) {
  const lines: string[] = [];
  const log = (level: string) => (message: string, fields = {}) => {
    const values = Object.values(fields).map((value) => ` ${value}`).join("");
    lines.push(`${level} ${message}${values}`);
    if (message.startsWith("listening")) started.resolve();
  };
  const logger: Logger = {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
  };
  const finished = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const calls = { shutdown: 0, unsubscribe: 0 };
  let handler: (signal: string) => void = () => {};
  const server: Server = {
    addresses: [{ hostname: "127.0.0.1", port: 49_152 }],
    adminAddress: null,
    adminToken: null,
    finished: finished.promise,
    reload: () => Promise.resolve([]),
    onReload() {},
    shutdown() {
      calls.shutdown++;
      finished.resolve();
      return finished.promise;
    },
    ...overrides,
  };
  const startServer: StartServer = () => Promise.resolve(server);
  const signals = {
    subscribe(subscribed: typeof handler) {
      handler = subscribed;
      return () => void calls.unsubscribe++;
    },
  };
  return {
    lines,
    calls,
    finished,
    started: started.promise,
    signal: (name: string) => handler(name),
    run: (start = startServer, options: Partial<ServeOptions> = {}) =>
      serve(defaultConfig(), {
        ...options,
        logger,
        startServer: start,
        signals,
        recover: false,
      }),
  };
}

Deno.test("A signal stops the broker gracefully and the exit code is 0", async () => {
  const { run, started, signal, lines, calls } = given();
  const exitCode = run();
  await started;
  signal("SIGTERM");
  assertEquals(await exitCode, 0);
  assertEquals(calls, { shutdown: 1, unsubscribe: 1 });
  assertEquals(lines, [
    "info listening on 127.0.0.1:49152",
    "info stopping, a second signal stops at once SIGTERM 5s",
    "info stopped",
  ]);
});

Deno.test("A second signal does not wait for the graceful stop", async () => {
  const { run, started, signal, lines, calls } = given({
    shutdown: () => Promise.withResolvers<void>().promise,
  });
  const exitCode = run();
  await started;
  signal("SIGINT");
  signal("SIGINT");
  assertEquals(await exitCode, 1);
  assertEquals(calls.unsubscribe, 1);
  assert(lines.includes("warn stopped at once SIGINT"), lines.join("\n"));
});

Deno.test("A signal during the start stops the broker once it is up", async () => {
  const { run, signal, calls, finished } = given();
  const opening = Promise.withResolvers<Server>();
  const exitCode = run(() => opening.promise);
  signal("SIGTERM");
  opening.resolve({
    addresses: [],
    adminAddress: null,
    adminToken: null,
    finished: finished.promise,
    reload: () => Promise.resolve([]),
    onReload() {},
    shutdown() {
      calls.shutdown++;
      return Promise.resolve();
    },
  });
  assertEquals(await exitCode, 0);
  assertEquals(calls.shutdown, 1);
});

Deno.test("A reload that is asked for during the start is done once the broker is up", async () => {
  const order: string[] = [];
  const reloaded = Promise.withResolvers<void>();
  const { run, signal } = given();
  const opening = Promise.withResolvers<Server>();
  const handlers = new Set<(reason: string) => void>();
  const exitCode = run(() => opening.promise, {
    reloading: {
      file: "rqtt.yaml",
      source: {
        subscribe(_files, handler) {
          handlers.add(handler);
          return () => handlers.delete(handler);
        },
      },
      readConfig: () => {
        order.push("read");
        return defaultConfig();
      },
    },
  });
  assertEquals(handlers.size, 1);
  for (let i = 0; i < 2; i++) handlers.forEach((ask) => ask("SIGHUP"));
  order.push("up");
  opening.resolve({
    addresses: [],
    adminAddress: null,
    adminToken: null,
    finished: Promise.withResolvers<void>().promise,
    reload: () => {
      order.push("reload");
      reloaded.resolve();
      return Promise.resolve([]);
    },
    onReload() {},
    shutdown() {
      // Nobody listening, this signal would end the process.
      assertEquals(handlers.size, 1);
      handlers.forEach((ask) => ask("SIGHUP"));
      order.push("shutdown");
      return Promise.resolve();
    },
  });
  await reloaded.promise;
  signal("SIGTERM");
  assertEquals(await exitCode, 0);
  assertEquals(order, ["up", "read", "reload", "shutdown"]);
  assertEquals(handlers.size, 0);
});

Deno.test("A broker that cannot start listens to nobody any more", async () => {
  const { run } = given();
  let count = 0;
  const exitCode = await run(() => Promise.reject(new Error("no port")), {
    reloading: {
      file: undefined,
      source: {
        subscribe() {
          count++;
          return () => count--;
        },
      },
      readConfig: defaultConfig,
    },
  });
  assertEquals(exitCode, 1);
  assertEquals(count, 0);
});

Deno.test("A broker that cannot start is told and the exit code is 1", async () => {
  const { run, lines, calls } = given();
  assertEquals(await run(() => Promise.reject(new Error("no port"))), 1);
  assertEquals(lines, ["error no port"]);
  assertEquals(calls, { shutdown: 0, unsubscribe: 1 });
});

Deno.test("A broker that fails is told and the exit code is 1", async () => {
  const { run, finished, lines } = given();
  const exitCode = run();
  finished.reject(new Error("it broke"));
  assertEquals(await exitCode, 1);
  assertEquals(lines.at(-1), "error it broke");
});

Deno.test("A broker that stops unasked has failed", async () => {
  const { run, finished, lines } = given();
  const exitCode = run();
  finished.resolve();
  assertEquals(await exitCode, 1);
  assertEquals(
    lines.at(-1),
    "error Cannot go on: the server stopped by itself",
  );
});

Deno.test("A shutdown that fails is told and the exit code is 1", async () => {
  const { run, started, signal, lines } = given({
    shutdown: () => Promise.reject(new Error("stuck")),
  });
  const exitCode = run();
  await started;
  signal("SIGTERM");
  assertEquals(await exitCode, 1);
  assertEquals(lines.at(-1), "error stuck");
});

Deno.test("A listener that others can reach is warned about", async () => {
  const { run, started, signal, lines } = given({
    addresses: [{ hostname: "::", port: 1883 }],
  });
  const exitCode = run();
  await started;
  signal("SIGTERM");
  await exitCode;
  assertEquals(lines.slice(0, 2), [
    "info listening on [::]:1883",
    "warn whoever reaches this address may connect [::]:1883 " +
    "auth.allow_anonymous",
  ]);
});

Deno.test("Loopback is 127.0.0.0/8, ::1 and localhost, nothing else", () => {
  for (const hostname of ["127.0.0.1", "127.8.9.10", "::1", "localhost"]) {
    assert(isLoopback({ hostname }), hostname);
  }
  for (const hostname of ["0.0.0.0", "::", "127.0.0.1.test", "10.0.0.1"]) {
    assert(!isLoopback({ hostname }), hostname);
  }
});

Deno.test("A reload takes over a level that has changed in the file only", async () => {
  const { run, started, signal } = given();
  const { logger: logControl } = makeLogger();
  let reload = (_reason: string) => {};
  let level: LogLevel = "info";
  let read = Promise.withResolvers<void>();
  const exitCode = run(undefined, {
    logControl,
    reloading: {
      file: "rqtt.yaml",
      source: {
        subscribe(_files, handler) {
          reload = handler;
          read.resolve();
          return () => {};
        },
      },
      readConfig: () => ({
        ...defaultConfig(),
        log: { level, format: "text" },
      }),
    },
  });
  await started;
  const levels: LogLevel[] = [];
  const reloadWith = async (wanted: LogLevel) => {
    level = wanted;
    read = Promise.withResolvers();
    reload("test");
    await read.promise;
    levels.push(logControl.level);
  };
  logControl.level = "debug";
  await reloadWith("info");
  await reloadWith("warn");
  await reloadWith("info");
  assertEquals(levels, ["debug", "warn", "info"]);
  signal("SIGTERM");
  assertEquals(await exitCode, 0);
});
