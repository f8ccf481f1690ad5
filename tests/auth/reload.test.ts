import { hashPassword } from "../../src/auth/password_hash.ts";
import {
  type Config,
  ConfigError,
  defaultConfig,
} from "../../src/config/mod.ts";
import { DropReason } from "../../src/broker/mod.ts";
import type { LogFields, Logger } from "../../src/cli/logger.ts";
import { Reloader } from "../../src/cli/reloader.ts";
import { assertEquals, assertRejects } from "../_assert.ts";
import type { WillFields } from "../conformance/_packets.ts";
import { FolderPlace } from "../store/_journal.ts";
import { AuthServer } from "./_server.ts";

const alice = `alice:${await hashPassword(new TextEncoder().encode("a"), 1)}\n`;
const bob = `bob:${await hashPassword(new TextEncoder().encode("b"), 1)}\n`;
const ALICE = { clientIdentifier: "A", userName: "alice", password: "a" };
const BOB = { clientIdentifier: "B", userName: "bob", password: "b" };

Deno.test("a reload ends the connections of removed and changed users with 0x87", async () => {
  await using broker = await AuthServer.start({ passwordFile: alice + bob });
  const [a, b] = [await broker.connect(ALICE), await broker.connect(BOB)];
  await broker.write("passwordFile", alice);
  await broker.server.reload(broker.config);
  await b.expectDisconnect(0x87);
  await a.ping();
  const again = await broker.open();
  await again.sendConnect(BOB);
  await again.expectRefused(0x86);
  const other = await hashPassword(new TextEncoder().encode("new"), 1);
  await broker.write("passwordFile", `alice:${other}`);
  await broker.server.reload(broker.config);
  await a.expectDisconnect(0x87);
});

Deno.test("a reload takes rights away at once, in subscriptions and deliveries", async () => {
  await using broker = await AuthServer.start({
    aclFile: "topic readwrite t/#\ntopic readwrite s/#",
  });
  const a = await broker.connect({ clientIdentifier: "A" });
  const b = await broker.connect({ clientIdentifier: "B" });
  await a.subscribe("s/#");
  await a.subscribe("t/#");
  await b.deliver({ topic: "t/1", payload: "x", qos: 1, packetIdentifier: 1 });
  assertEquals((await a.take()).topic, "t/1");
  await broker.write("aclFile", "topic readwrite t/2\ntopic write t/#");
  await broker.server.reload(broker.config);
  const session = broker.server.broker.sessions.get("A")!;
  assertEquals([...session.subscriptions.keys()], ["t/#"]);
  for (const topic of ["t/1", "s/1", "t/2"]) await b.publish({ topic });
  assertEquals((await a.take()).topic, "t/2");
});

Deno.test("a reload with one wrong line changes nothing", async () => {
  await using broker = await AuthServer.start({
    passwordFile: alice + bob,
    aclFile: "pattern readwrite #",
  });
  const b = await broker.connect(BOB);
  await broker.write("passwordFile", alice);
  await broker.write("aclFile", "pattern readwrite #\nnonsense");
  const limits = broker.server.broker.limits;
  const { message } = await assertRejects(
    () =>
      broker.server.reload({
        ...broker.config,
        limits: { ...limits, maximumQueuedMessages: 7 },
      }),
    ConfigError,
  );
  assertEquals(
    message,
    `Cannot load configuration: ${broker.config.auth.aclFile}:2: ` +
      'expected user, topic or pattern, found "nonsense"',
  );
  assertEquals(broker.server.broker.limits, limits);
  await b.subscribe("x");
});

Deno.test("what came of a reload is logged, and the new files are watched", async () => {
  const lines: string[] = [];
  const log = (level: string) => (message: string, fields: LogFields = {}) => {
    lines.push([level, message, ...Object.values(fields)].join(" "));
  };
  const logger: Logger = {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
  };
  const defaults = defaultConfig();
  const config = (aclFile: string) => ({
    ...defaults,
    auth: { ...defaults.auth, aclFile },
  });
  const watched: (readonly string[])[] = [];
  let stoppedCount = 0;
  let trigger: (reason: string) => void = () => {};
  let failure: Error | null = null;
  const reloader = new Reloader({
    source: {
      subscribe(files, handler) {
        watched.push(files);
        trigger = handler;
        return () => stoppedCount++;
      },
    },
    logger,
    file: "rqtt.yaml",
    readConfig: () => config("b"),
  });
  reloader.start(
    config("a"),
    () =>
      failure === null
        ? Promise.resolve(["limits.maximumQos"])
        : Promise.reject(failure),
  );
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  trigger("SIGHUP");
  await settle();
  failure = new ConfigError("b:3: wrong");
  trigger("file change");
  await settle();
  reloader.stop();
  assertEquals(watched, [[], ["a", "rqtt.yaml"], ["b", "rqtt.yaml"]]);
  assertEquals(stoppedCount, 3);
  assertEquals(lines, [
    "info reloaded users, rules, plugins, certificates and limits SIGHUP",
    "warn some changes need a restart limits.maximumQos",
    "error nothing was reloaded, all stays as it was file change ConfigError: b:3: wrong",
  ]);
});

Deno.test("a Will that waits does not come through a restart without its user", async () => {
  await using place = new FolderPlace();
  const keep = (config: Config): Config => ({
    ...config,
    persistence: { ...config.persistence, path: place.path },
  });
  const will: WillFields = {
    topic: "will",
    payload: "gone",
    properties: [["willDelayInterval", 600]],
  };
  {
    const passwordFile = alice + bob;
    await using broker = await AuthServer.start({ passwordFile }, keep);
    for (const user of [ALICE, BOB]) {
      const properties = [["sessionExpiryInterval", 600]] as const;
      await broker.connect({ ...user, will, properties });
    }
  }
  await using broker = await AuthServer.start({ passwordFile: alice }, keep);
  const { sessions, statistics } = broker.server.broker;
  assertEquals(
    ["A", "B"].map((name) => sessions.get(name)!.will?.publish.topicName),
    ["will", undefined],
  );
  assertEquals(statistics.dropped[DropReason.refused], 1);
});
