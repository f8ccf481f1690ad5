import { assert, assertEquals, assertMatch } from "../_assert.ts";
import { makeLogger } from "../_logger.ts";
import { type Given, withServer } from "../admin/_server.ts";
import { PLUGIN, PluginFiles } from "../auth/plugin/_plugins.ts";
import { pickToken } from "../../src/cli/ctl/api_client.ts";
import { run } from "../../src/cli/run.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { fakeSurroundings } from "./_surroundings.ts";

/** Runs `rqtt ctl` against the broker, which is named by variables. */
async function ctl({ origin, token }: Given, ...args: string[]) {
  const { surroundings, output, errors } = fakeSurroundings({
    args: ["ctl", ...args],
    environment: { RQTT_CTL_URL: origin, RQTT_CTL_TOKEN: token },
  });
  const code = await run(surroundings);
  return { code, output: output.join("\n"), errors: errors.join("\n") };
}

Deno.test("ctl shows clients as a table and as JSON, kicks and expires them", async () => {
  await withServer(async (given) => {
    await using one = await connect(`mqtt://127.0.0.1:${given.mqttPort}`, {
      clientIdentifier: "sensor/\u0001one",
      userName: "ann",
      sessionExpiryIntervalSeconds: 60,
      reconnect: false,
    });
    await one.subscribe("a/#", { qos: 1 });
    const table = await ctl(given, "clients");
    assertEquals([table.code, table.errors], [0, ""]);
    const [heading, row] = table.output.split("\n");
    assertMatch(heading, /^CLIENT +USER +ADDRESS +MQTT +CONNECTED /);
    // A control character must not reach the terminal.
    assertMatch(row, /^sensor\/\\u0001one {2}ann {3}127\.0\.0\.1:\d+ +5\.0 /);
    const json = JSON.parse(
      (await ctl(given, "clients", "--json", "--where", "search=ANN")).output,
    );
    assertEquals(json[0].client_id, "sensor/\u0001one");
    assertEquals(
      (await ctl(given, "clients", "--where", "search=bob", "--json")).output,
      "[]",
    );
    assertMatch(
      (await ctl(given, "subscriptions", "--where", "topic=a/b")).output,
      /^CLIENT .*\nsensor\/\\u0001one {2}a\/# {5}1 {4}yes$/,
    );
    assertEquals(await ctl(given, "kick", "sensor/\u0001one"), {
      code: 0,
      output: "disconnected",
      errors: "",
    });
    assertMatch(
      (await ctl(given, "sessions")).output,
      /\nsensor\/\\u0001one {2}ann {3}no /,
    );
    assertEquals(
      (await ctl(given, "expire", "sensor/\u0001one")).output,
      "ended",
    );
    assertEquals(await ctl(given, "expire", "gone"), {
      code: 1,
      output: "",
      errors: 'there is no session of a client "gone"; see /api/v1/sessions ' +
        "for those that there are",
    });
  });
});

Deno.test("ctl publishes, and sets, gets, lists and deletes what is retained", async () => {
  await withServer(async (given) => {
    assertEquals(
      (await ctl(given, "retained", "set", "a/b", "-1", "--json")).code,
      2,
    );
    assertEquals((await ctl(given, "retained", "set", "a/b", "21.5")).code, 0);
    assertEquals(
      (await ctl(given, "publish", "-r", "-q", "0", "c", "--", "-1")).output,
      "published: Success",
    );
    assertEquals(
      (await ctl(given, "retained", "a/+")).output,
      "TOPIC  QOS  BYTES  EXPIRES\na/b    1    4      -",
    );
    assertEquals((await ctl(given, "retained", "get", "a/b")).output, "21.5");
    assertEquals((await ctl(given, "retained", "get", "c")).output, "-1");
    assertEquals(
      (await ctl(given, "retained", "--limit", "1")).output,
      "TOPIC  QOS  BYTES  EXPIRES\na/b    1    4      -\n" +
        "1 of 2, --limit shows more",
    );
    assertEquals(
      (await ctl(given, "retained", "delete", "a/b")).output,
      "deleted",
    );
    assertEquals((await ctl(given, "retained", "get", "a/b")).code, 1);
  });
});

Deno.test("ctl shows listeners and configuration, and reloads", async () => {
  await withServer(async (given) => {
    assertMatch(
      (await ctl(given, "listeners")).output,
      /^TYPE .*\ntcp +127\.0\.0\.1:\d+ +no +0 +10000\nadmin +127/,
    );
    const config = JSON.parse((await ctl(given, "config")).output);
    assertEquals(config.log.level, "info");
    assertEquals((await ctl(given, "reload")).output, "reloaded");
    given.server.onReload(() => Promise.resolve(["limits.max_qos"]));
    assertEquals(
      (await ctl(given, "reload")).output,
      "reloaded; these need a restart: limits.max_qos",
    );
  });
});

const MISUSED: readonly [args: string[], told: RegExp][] = [
  [[], /^Expected what to do/],
  [["client"], /^Unknown action "client", did you mean clients\?$/],
  [["constructor"], /^Unknown action "constructor"/],
  [["kick"], /^Expected ctl kick ID, see rqtt ctl --help$/],
  [["clients", "x"], /^Expected ctl clients, see/],
  [["log", "tail", "a"], /^Expected log LEVEL, log tail/],
  [["log", "client", "a"], /^Expected log LEVEL, log tail/],
  [["retained", "put", "a"], /^Expected retained get TOPIC/],
  [["clients", "--limit", "no"], /^Cannot read --limit: .* found no$/],
];

for (const [args, told] of MISUSED) {
  Deno.test(`rqtt ctl ${args.join(" ")} is wrong usage`, async () => {
    const { surroundings, errors } = fakeSurroundings({
      args: ["ctl", ...args],
      environment: { RQTT_CTL_TOKEN: "x".repeat(40) },
    });
    assertEquals(await run(surroundings), 2);
    assertMatch(errors.join("\n"), told);
  });
}

Deno.test("ctl tells where it looked when nothing answers, and of a wrong token", async () => {
  await withServer(async (given) => {
    const wrong = await ctl({ ...given, token: "x".repeat(40) }, "clients");
    assertEquals([wrong.code, wrong.output], [1, ""]);
    assertMatch(wrong.errors, /^the token is not one that is accepted; send /);
    await given.server.stop();
    const none = await ctl(given, "clients");
    assertEquals(none.code, 1);
    assert(none.errors.startsWith(`Cannot reach ${given.origin}: `));
  });
});

Deno.test("ctl lists plugins with what became of calls and messages", async () => {
  await using files = await PluginFiles.create();
  const module = await files.write(
    "export default { authorize: () => 'perhaps', onPublish() {} };",
  );
  const permissions = { ...PLUGIN.permissions, messages: ["t"] };
  await withServer(async (given) => {
    await using client = await connect(`mqtt://127.0.0.1:${given.mqttPort}`);
    // It answers in no form that counts, so this is refused.
    await client.subscribe("t");
    assertMatch(
      (await ctl(given, "plugins")).output,
      /^PLUGIN +RUNS +RESTARTS +HOOKS +CALLS +FAILED +MESSAGES +MISSED +LAST FAILURE\nmine +yes +0 +authorize,onPublish +1 +1 +0 +0 +-$/,
    );
    const { output } = await ctl(given, "plugins", "--json");
    assertEquals(JSON.parse(output).items[0].name, "mine");
  }, {
    config: {
      auth: { ...defaultConfig().auth, allowAnonymous: true },
      plugins: [{ ...PLUGIN, module, permissions }],
    },
  });
});

Deno.test("ctl takes the token from a file of one, or from that of the broker", () => {
  assertEquals(pickToken("\nabc\n"), "abc");
  assertEquals(pickToken("# x\nread a r1\nwrite b w1\n"), "w1");
  assertEquals(pickToken("read a r1\n"), "r1");
  assertEquals(pickToken("# nothing\n"), undefined);
});

Deno.test("ctl shows and changes what is logged", async () => {
  const { logger } = makeLogger();
  await withServer(async (given) => {
    assertEquals((await ctl(given, "log")).output, "info");
    assertEquals((await ctl(given, "log", "warn")).output, "warn");
    assertEquals(logger.level, "warn");
    await ctl(given, "log", "user", "ann", "info");
    assertMatch(
      (await ctl(given, "log", "client", "a\u0001", "debug", "--for", "1h"))
        .output,
      /^warn\nCLIENT +USER +ADDRESS +LEVEL +UNTIL\na\\u0001 +- +- +debug .*\n- +ann +- +info /,
    );
    const [first, second] = logger.filters;
    assertEquals(first.clientIdentifier, "a\u0001");
    assert(first.expiresAtMs - second.expiresAtMs > 2_900_000);
    // The same again takes the place of the one before.
    await ctl(given, "log", "user", "ann", "error");
    assertEquals(logger.filters.map(({ level }) => level), ["error", "debug"]);
    assertEquals((await ctl(given, "log", "clear")).output, "warn");
    assertEquals(logger.filters, []);
    const { code, errors } = await ctl(given, "log", "loud");
    assertEquals(code, 1);
    assertMatch(errors, /^level: Invalid option: expected one of "debug"/);
    const short = await ctl(given, "log", "user", "a", "debug", "--for", "1ms");
    assertEquals(short.code, 2);
  }, { logControl: logger });
});

Deno.test("ctl follows the log until the broker stops", async () => {
  const { logger } = makeLogger();
  await withServer(async (given) => {
    logger.warn("before", { client: "a\u001b" });
    const seen = Promise.withResolvers<void>();
    const { surroundings, output } = fakeSurroundings({
      args: ["ctl", "log", "tail"],
      environment: { RQTT_CTL_URL: given.origin, RQTT_CTL_TOKEN: given.token },
      writeOutput: (text) => {
        output.push(text);
        if (output.length === 1) logger.info("after");
        if (output.length === 2) seen.resolve();
      },
    });
    const followed = run(surroundings);
    await seen.promise;
    await given.server.stop();
    assertEquals(await followed, 0);
    assertMatch(output[0], /^\d{4}-.*Z warn {2}before client="a\\u001b"$/);
    assertMatch(output[1], /Z info {2}after$/);
  }, { logControl: logger });
});
