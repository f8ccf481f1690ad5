import { assertEquals, assertRejects } from "../../_assert.ts";
import { ConfigError } from "../../../src/config/mod.ts";
import { PluginFiles, RecordingPluginObserver } from "./_plugins.ts";
import { startWithPlugin } from "./_server.ts";

/** Lets in who says "open", with the rights that the password names. */
const DOOR = `
const decode = (bytes) => bytes === null ? "" : new TextDecoder().decode(bytes);
export default {
  authenticate({ userName, password }) {
    if (userName === "slow") return new Promise(() => {});
    if (userName === "odd") return { answer: "perhaps" };
    if (userName === "bad") throw new Error("no idea");
    if (userName === "unknown") return "pass";
    if (userName !== "open") return { answer: "deny", reason: "not open" };
    return { answer: "allow", userName: "guest", rules: decode(password).split(",") };
  },
};`;

function as(userName: string, password = "") {
  return { clientIdentifier: userName, userName, password };
}

Deno.test("a plugin lets clients in, with a user name and rights of its own", async () => {
  await using files = await PluginFiles.create();
  await using broker = await startWithPlugin(files, DOOR);
  const client = await broker.connect(as("open", "readwrite a/#,read b"));
  const granted = await client.subscribe("a/b");
  assertEquals(granted.reasonCodes, [0]);
  assertEquals((await client.subscribe("c")).reasonCodes, [0x87]);
  await client.publish({ topic: "b", payload: "no" });
  await client.publish({ topic: "a/b", payload: "yes" });
  assertEquals((await client.take()).topic, "a/b");
  const connection = [...broker.server.broker.connections][0];
  assertEquals(connection.userName, "guest");
});

Deno.test("whoever a plugin does not let in is told so, whatever went wrong", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(files, DOOR, {
    observer,
    timeoutMs: 500,
  });
  const refused: [string, number][] = [
    ["nobody", 0x86],
    ["unknown", 0x86],
    ["slow", 0x88],
    ["odd", 0x88],
    ["bad", 0x88],
  ];
  for (const [userName, reasonCode] of refused) {
    const client = await broker.open();
    await client.sendConnect(as(userName));
    await client.expectRefused(reasonCode);
  }
  const bad = await broker.open();
  await bad.sendConnect(as("open", "write a/#/b"));
  await bad.expectRefused(0x88);
  assertEquals(observer.lines, [
    "mine failed: authenticate: it did not answer within 500 ms",
    "mine failed: authenticate: answer is not allow, deny or pass",
    "mine failed: authenticate: no idea",
    'mine failed: authenticate: the rule "write a/#/b" cannot be read: ' +
    'topic "a/#/b" has a level after "#"',
  ]);
});

Deno.test("a plugin decides once for each client, action and topic", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(
    files,
    `export default {
      authorize({ clientIdentifier, action, topic }, { log }) {
        log("info", [clientIdentifier, action, topic].join(" "));
        return topic.startsWith("secret") ? { answer: "deny", reason: "hush" } : "allow";
      },
    };`,
    {
      observer,
      change: (config) => ({
        ...config,
        auth: { ...config.auth, allowAnonymous: true },
      }),
    },
  );
  const client = await broker.connect({ clientIdentifier: "c" });
  assertEquals((await client.subscribe("t")).reasonCodes, [0]);
  assertEquals((await client.subscribe("secret/a")).reasonCodes, [0x87]);
  for (let i = 1; i <= 3; i++) {
    await client.publish({ topic: "t", payload: `${i}` });
    await client.publish({ topic: "secret", payload: "x" });
  }
  for (let i = 1; i <= 3; i++) assertEquals((await client.take()).topic, "t");
  assertEquals(observer.lines.sort(), [
    "mine info: c publish secret",
    "mine info: c publish t",
    "mine info: c receive t",
    "mine info: c subscribe secret/a",
    "mine info: c subscribe t",
  ]);
});

Deno.test("a client is disconnected when what it has shown a plugin ends", async () => {
  await using files = await PluginFiles.create();
  await using broker = await startWithPlugin(
    files,
    `export default { authenticate: () => ({ answer: "allow", expiresAtMs: Date.now() + 300 }) };`,
  );
  const client = await broker.connect(as("u"));
  await client.expectDisconnect(0x87);
});

Deno.test("a plugin goes through exchanges of AUTH, with its state", async () => {
  await using files = await PluginFiles.create();
  const host = await files.start(
    `export default {
      authenticationMethods: ["COUNT"],
      continueAuthentication({ method, data, state, isReAuthentication }) {
        const steps = JSON.parse(state ?? "[]");
        steps.push(data[0]);
        if (steps.length < 3) {
          return { answer: "continue", data: new Uint8Array([steps.length]), state: JSON.stringify(steps) };
        }
        return { answer: "allow", userName: method + steps.join("") + isReAuthentication };
      },
    };`,
  );
  const { PluginAuthenticator } = await import(
    "../../../src/auth/plugin/mod.ts"
  );
  const { RunningPlugin } = await import(
    "../../../src/auth/plugin/running_plugin.ts"
  );
  const plugin = new RunningPlugin(host, "x", new RecordingPluginObserver());
  const link = new PluginAuthenticator(plugin);
  const who = {
    clientIdentifier: "c",
    userName: null,
    remoteAddress: "",
    authorization: null,
  };
  assertEquals(link.startExchange("OTHER", who), null);
  const exchange = link.startExchange("COUNT", who)!;
  const steps = [];
  for (const byte of [7, 8, 9]) {
    steps.push(await exchange.proceed(new Uint8Array([byte])));
  }
  assertEquals(steps.map(({ answer }) => answer), [
    "continue",
    "continue",
    "allow",
  ]);
  const last = steps[2];
  assertEquals(last.answer === "allow" && last.userName, "COUNT789false");
});

Deno.test("a reload with a changed plugin ends its clients, with others it goes on", async () => {
  await using files = await PluginFiles.create();
  await using broker = await startWithPlugin(files, DOOR);
  const client = await broker.connect(as("open", "readwrite #"));
  await broker.server.reload(broker.config);
  await client.ping();
  await files.write("this is no JavaScript");
  const { message } = await assertRejects(
    () => broker.server.reload(broker.config),
    ConfigError,
  );
  assertEquals(
    message.startsWith("Cannot load configuration: plugins[0]: plugin mine ("),
    true,
    message,
  );
  await client.ping();
  await files.write(DOOR.replace('"open"', '"closed"'));
  await broker.server.reload(broker.config);
  await client.expectDisconnect(0x87);
  const again = await broker.open();
  await again.sendConnect(as("open", "readwrite #"));
  await again.expectRefused(0x86);
});

Deno.test("a reload takes subscriptions away that a plugin allows no more", async () => {
  await using files = await PluginFiles.create();
  const text =
    `export default { authorize({ topic }) { return topic === "t" ? "allow" : "deny"; } };`;
  await using broker = await startWithPlugin(files, text, {
    change: (config) => ({
      ...config,
      auth: { ...config.auth, allowAnonymous: true },
    }),
  });
  const client = await broker.connect({ clientIdentifier: "c" });
  assertEquals((await client.subscribe("t")).reasonCodes, [0]);
  await files.write(text.replace('"t"', '"u"'));
  await broker.server.reload(broker.config);
  // Asked about before it is answered: what was there is reviewed first.
  assertEquals((await client.subscribe("u")).reasonCodes, [0]);
  const { subscriptions } = broker.server.broker.sessions.get("c")!;
  assertEquals([...subscriptions.keys()], ["u"]);
});

Deno.test("each listener has its own chain and limits", async () => {
  await using files = await PluginFiles.create();
  await using broker = await startWithPlugin(files, DOOR, {
    change: (config) => ({
      ...config,
      listeners: [
        config.listeners[0],
        {
          ...config.listeners[0],
          auth: { authenticators: ["anonymous"] },
          limits: { maximumQos: 0, maximumTopicLevels: 2 },
        },
      ],
    }),
  });
  const stranger = { clientIdentifier: "s" };
  const first = await broker.open(0);
  await first.sendConnect(stranger);
  await first.expectRefused(0x86, 0x87);
  const second = await broker.open(1);
  const connack = await second.connect(stranger);
  assertEquals(connack.value("maximumQos"), 0);
  assertEquals((await second.subscribe("a/b/c")).reasonCodes, [0x8f]);
});
