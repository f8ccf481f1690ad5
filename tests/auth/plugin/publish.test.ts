import { assertEquals, assertRejects } from "../../_assert.ts";
import {
  type Config,
  ConfigError,
  type PluginConfig,
} from "../../../src/config/mod.ts";
import { PLUGIN, PluginFiles, RecordingPluginObserver } from "./_plugins.ts";
import { startWithPlugin } from "./_server.ts";

/** Writes what it is told to the log. */
const SPY = `
const decode = (bytes) => bytes === null ? null : new TextDecoder().decode(bytes);
export default {
  onPublish(message, { log }) {
    const { payload, correlationData, receivedAtMs, remoteAddress, listener, ...rest } = message;
    if (!(Math.abs(Date.now() - receivedAtMs) < 3_600_000)) throw new Error("time");
    if (!remoteAddress.startsWith("127.0.0.1:")) throw new Error("address");
    log("info", JSON.stringify({
      ...rest, payload: decode(payload), correlationData: decode(correlationData),
    }));
  },
};`;

function granting(...messages: string[]): PluginConfig["permissions"] {
  return { ...PLUGIN.permissions, messages };
}

function allowAnonymous(config: Config): Config {
  return { ...config, auth: { ...config.auth, allowAnonymous: true } };
}

/** `client topic payload` of each message that SPY was told of. */
function seen({ lines }: RecordingPluginObserver): string[] {
  return lines.map((line) => {
    const json = line.slice(line.indexOf("{"));
    const { clientIdentifier, topic, qos, payload } = JSON.parse(json);
    return [clientIdentifier, topic, qos, payload].join(" ");
  });
}

Deno.test("onPublish is told of messages at QoS 0, 1 and 2 with granted topics and of no others", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(files, SPY, {
    observer,
    permissions: granting("plant/#", "+/end"),
    change: allowAnonymous,
  });
  const client = await broker.connect({ clientIdentifier: "c" });
  const over = observer.waitFor("over");
  for (let qos = 0; qos <= 2; qos++) {
    await client.deliver({ topic: "plant/a", payload: `${qos}`, qos });
    await client.deliver({ topic: "elsewhere/a", payload: "no", qos });
  }
  // A run: one packet after the other in one read, only the payload differs.
  for (const payload of ["x", "y", "z"]) {
    await client.publish({ topic: "plant", payload });
  }
  await client.deliver({ topic: "the/end", payload: "over", qos: 1 });
  await over;
  assertEquals(seen(observer), [
    "c plant/a 0 0",
    "c plant/a 1 1",
    "c plant/a 2 2",
    "c plant 0 x",
    "c plant 0 y",
    "c plant 0 z",
    "c the/end 1 over",
  ]);
});

Deno.test("onPublish is told all that a packet has, and the topic behind an alias", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(files, SPY, {
    observer,
    permissions: granting("t"),
    change: allowAnonymous,
  });
  const client = await broker.connect({ clientIdentifier: "c" });
  const told = observer.waitFor("second");
  await client.deliver({
    topic: "t",
    payload: "first",
    qos: 1,
    isRetained: true,
    properties: [
      ["payloadFormatIndicator", 1],
      ["messageExpiryInterval", 60],
      ["contentType", "text/plain"],
      ["responseTopic", "r"],
      ["correlationData", "id"],
      ["topicAlias", 1],
      ["userProperty", "a", "1"],
      ["userProperty", "a", "2"],
    ],
  });
  await client.deliver({
    topic: "",
    payload: "second",
    properties: [["topicAlias", 1]],
  });
  await told;
  const common = { clientIdentifier: "c", userName: null, topic: "t" };
  assertEquals(
    observer.lines.map((line) => JSON.parse(line.slice(line.indexOf("{")))),
    [{
      ...common,
      qos: 1,
      isRetained: true,
      isText: true,
      contentType: "text/plain",
      responseTopic: "r",
      expirySeconds: 60,
      userProperties: [["a", "1"], ["a", "2"]],
      payload: "first",
      correlationData: "id",
    }, {
      ...common,
      qos: 0,
      isRetained: false,
      isText: false,
      contentType: null,
      responseTopic: null,
      expirySeconds: null,
      userProperties: [],
      payload: "second",
      correlationData: null,
    }],
  );
});

Deno.test("onPublish is not told of what an ACL denies", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(files, SPY, {
    observer,
    files: { aclFile: "topic write open/#\n" },
    permissions: granting("#"),
    change: allowAnonymous,
  });
  const client = await broker.connect({ clientIdentifier: "c" });
  const told = observer.waitFor("yes");
  const secret = await client.deliver({ topic: "secret", payload: "", qos: 1 });
  assertEquals(secret.reasonCode, 0x87);
  await client.deliver({ topic: "open/a", payload: "yes", qos: 1 });
  await told;
  assertEquals(seen(observer), ["c open/a 1 yes"]);
});

Deno.test("onPublish is told of clients of all listeners, whoever is asked there", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(
    files,
    `export default {
      authenticate: () => "deny",
      authorize: () => "deny",
      onPublish: ({ topic }, { log }) => log("info", topic),
    };`,
    {
      observer,
      permissions: granting("t"),
      change: (config) => ({
        ...config,
        listeners: [config.listeners[0], {
          ...config.listeners[0],
          auth: { authenticators: ["anonymous"], authorizers: [] },
        }],
      }),
    },
  );
  const told = observer.waitFor("info: t");
  const client = await broker.open(1);
  await client.connect({ clientIdentifier: "c" });
  await client.deliver({ topic: "t", payload: "" });
  await told;
});

Deno.test("a hook without a grant is told nothing and a grant without a hook is an error, both with a remedy", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(files, SPY, {
    observer,
    change: allowAnonymous,
  });
  assertEquals(observer.lines, ["mine untold"]);
  assertEquals(broker.server.broker.messageObserver, null);
  const { message } = await assertRejects(
    () =>
      startWithPlugin(files, `export default { onConnect() {} };`, {
        permissions: granting("t"),
      }),
    ConfigError,
  );
  assertEquals(
    message.endsWith(
      "permissions.messages grants messages, but it has no hook onPublish " +
        "that takes them: remove the key, or add the hook",
    ),
    true,
    message,
  );
});

Deno.test("a reload changes what onPublish is told, all or nothing", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  await using broker = await startWithPlugin(files, SPY, {
    observer,
    permissions: granting("a"),
    change: allowAnonymous,
  });
  const { server, config } = broker;
  const client = await broker.connect({ clientIdentifier: "c" });
  /** Publishes to both topics, and resolves when `topic` was told of. */
  const publish = async (topic: string, payload: string) => {
    const told = observer.waitFor(`"payload":"${payload}"`);
    for (const other of ["a", "b"]) {
      if (other !== topic) await client.deliver({ topic: other, payload });
    }
    await client.deliver({ topic, payload });
    await told;
  };
  const withPlugin = (...messages: string[]): Config => ({
    ...config,
    plugins: [{ ...config.plugins[0], permissions: granting(...messages) }],
  });
  await publish("a", "1");
  await server.reload(withPlugin("b"));
  await publish("b", "2");
  await files.write("export default { onConnect() {} };");
  await assertRejects(() => server.reload(withPlugin("a")), ConfigError);
  await publish("b", "3");
  await server.reload({ ...config, plugins: [] });
  assertEquals(server.broker.messageObserver, null);
  await client.deliver({ topic: "b", payload: "4" });
  assertEquals(seen(observer), ["c a 0 1", "c b 0 2", "c b 0 3"]);
});
