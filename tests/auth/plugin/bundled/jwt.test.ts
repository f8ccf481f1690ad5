import { PluginHost } from "../../../../src/auth/plugin/mod.ts";
import { assert, assertEquals, assertRejects } from "../../../_assert.ts";
import { PLUGIN, RecordingPluginObserver } from "../_plugins.ts";
import { Issuer } from "./_issuer.ts";
import { eventually } from "./_program.ts";
import { WebServer } from "./_web.ts";

/** In a test Deno checks the types of a Worker before it runs. */
const PATIENT = { startTimeoutMs: 120_000 };

interface Setting {
  readonly options?: Record<string, unknown>;
  readonly net?: readonly string[];
  readonly read?: readonly string[];
  readonly env?: readonly string[];
  readonly observer?: RecordingPluginObserver;
}

function start(
  { options, net = [], read = [], env = [], observer }: Setting,
): Promise<PluginHost> {
  return PluginHost.start(
    {
      ...PLUGIN,
      name: "jwt",
      module: "rqtt:jwt",
      options: { audience: "broker", ...options },
      permissions: { ...PLUGIN.permissions, net, read, env },
    },
    observer ?? new RecordingPluginObserver(),
    PATIENT,
  );
}

const issuer = await new Issuer().add("k1");

/** One that holds now: the plugin goes by the time of the machine. */
function token(): Promise<string> {
  return issuer.sign("k1", { exp: Math.floor(Date.now() / 1_000) + 60 });
}

async function ask(host: PluginHost, password: string): Promise<unknown> {
  const answer = await host.ask("authenticate", {
    clientIdentifier: "c1",
    userName: null,
    password: new TextEncoder().encode(password),
  });
  return typeof answer === "string"
    ? answer
    : (answer as { userName?: string; reason?: string }).userName ??
      (answer as { reason: string }).reason;
}

Deno.test("jwt reaches the issuer that the configuration grants it", async () => {
  await using web = new WebServer(() => Response.json(issuer.jwks()));
  const host = await start({
    options: { jwks_url: `${web.url}/jwks` },
    net: [web.host],
  });
  try {
    assertEquals(await ask(host, await token()), "alice");
    assertEquals(await ask(host, "secret"), "pass");
    assertEquals(web.requests.length, 1);
  } finally {
    host.stop();
  }
});

Deno.test("jwt does not start without the permission for the issuer", async () => {
  await using web = new WebServer(() => Response.json(issuer.jwks()));
  for (const net of [[], ["127.0.0.1:1"], ["issuer.test"]]) {
    const { message } = await assertRejects(
      () => start({ options: { jwks_url: web.url }, net }),
      Error,
    );
    assert(message.includes(`add ${web.host} to permissions.net`), message);
  }
  assertEquals(web.requests.length, 0);
});

Deno.test("jwt does not follow the issuer elsewhere", async () => {
  await using other = new WebServer(() => Response.json(issuer.jwks()));
  await using web = new WebServer(() => Response.redirect(other.url));
  const observer = new RecordingPluginObserver();
  const host = await start({
    options: { jwks_url: web.url },
    net: [web.host, other.host],
    observer,
  });
  try {
    assertEquals(await ask(host, await token()), "the issuer answered 302");
    assertEquals(other.requests.length, 0);
  } finally {
    host.stop();
  }
});

Deno.test("jwt takes no keys that are too many, broken or none", async () => {
  await using web = new WebServer(() => new Response());
  const answers: [Response, string][] = [
    [new Response("x".repeat(1_001)), "the answer is over 1000 bytes long"],
    [new Response("{secret"), "what should be keys is not JSON"],
    [Response.json({ keys: 5 }), 'there are no "keys" in it'],
    [Response.json(null), 'there are no "keys" in it'],
    [new Response("no", { status: 500 }), "the issuer answered 500"],
  ];
  for (const [answer, cause] of answers) {
    web.answer = () => answer;
    const observer = new RecordingPluginObserver();
    const host = await start({
      options: { jwks_url: web.url, max_keys_size: 1_000 },
      net: [web.host],
      observer,
    });
    try {
      const found = await ask(host, await token());
      assert(String(found).includes(cause), String(found));
      assert(observer.lines[0].includes("nobody is let in"), "no line");
    } finally {
      host.stop();
    }
  }
});

Deno.test("jwt reads the file and the variable that it may, and no others", async () => {
  const directory = await Deno.makeTempDir();
  const [keys, secret] = [`${directory}/keys.json`, `${directory}/secret`];
  await Deno.writeTextFile(keys, JSON.stringify(issuer.jwks()));
  await Deno.writeTextFile(secret, "0123456789abcdef0123456789abcdef\n");
  try {
    const host = await start({ options: { jwks_file: keys }, read: [keys] });
    assertEquals(await ask(host, await token()), "alice");
    const other = await new Issuer().add("k2");
    await Deno.writeTextFile(keys, JSON.stringify(other.jwks()));
    const exp = Math.floor(Date.now() / 1_000) + 60;
    const fresh = await other.sign("k2", { sub: "bob", exp });
    await eventually("bob", () => ask(host, fresh));
    host.stop();
    (await start({ options: { secret_file: secret }, read: [secret] })).stop();
    const refused: Setting[] = [
      { options: { jwks_file: keys }, read: [secret] },
      { options: { secret_file: secret } },
      { options: { secret_env: "HOME" }, env: ["PATH"] },
    ];
    for (const setting of refused) {
      const { message } = await assertRejects(() => start(setting), Error);
      assert(message.includes("permissions of the plugin"), message);
    }
    const { message } = await assertRejects(
      () => start({ options: { secret_env: "RQTT_NONE" }, env: ["RQTT_NONE"] }),
      Error,
    );
    assertEquals(message, "options.secret_env: RQTT_NONE is not set");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
