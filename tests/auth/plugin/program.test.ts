import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../../_assert.ts";
import { EXECUTABLE, inheritedEnvironment, PROGRAM } from "../../_program.ts";
import { BrokerProcess } from "../../interop/_broker.ts";
import { Issuer } from "./bundled/_issuer.ts";
import { WebServer } from "./bundled/_web.ts";

/** Says what it was let do, and lets everybody in. */
const CURIOUS = `
import { definePlugin } from "@rqtt/rqtt/plugin";

const deeds = {
  read: () => Deno.readTextFileSync("/etc/hostname"),
  write: () => Deno.writeTextFileSync("/tmp/written", ""),
  env: () => Deno.env.get("RQTT_SECRET_TOKEN").length,
  net: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  run: () => new Deno.Command("/bin/true").outputSync(),
  ffi: () => Deno.dlopen("/lib.so", {}),
  sys: () => Deno.hostname(),
};

export default definePlugin({
  setup({ log }) {
    const done = Object.entries(deeds).filter(([, deed]) => {
      try {
        deed();
        return true;
      } catch {
        return false;
      }
    });
    log("info", "did " + (done.map(([name]) => name).join(" ") || "nothing"));
  },
  authenticate: () => "allow",
});
`;

type Permissions = Readonly<Record<string, readonly string[]>>;

/** One entry of \`plugins\`. */
interface Entry {
  readonly name: string;
  readonly module: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly permissions: Permissions;
}

/** A directory with the plugin, and configurations that name it. */
class Place implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync({ prefix: "rqtt-plugin-" });
  readonly #plugin = `${this.directory}/curious.js`;

  constructor() {
    Deno.writeTextFileSync(this.#plugin, CURIOUS);
  }

  /** The path of a file that grants the plugin `permissions`. */
  configure(permissions: Permissions): string {
    return this.write([
      { name: "curious", module: this.#plugin, permissions },
    ]);
  }

  /** JSON is YAML. */
  write(plugins: readonly Entry[]): string {
    const file = `${this.directory}/rqtt.yaml`;
    const authenticators = plugins.map(({ name }) => name);
    const config = { plugins, auth: { authenticators } };
    Deno.writeTextFileSync(file, JSON.stringify(config));
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

for (
  const [permissions, done] of [
    [{}, "nothing"],
    [{ read: ["/etc"] }, "read"],
    [{ env: ["RQTT_SECRET_TOKEN"], net: ["127.0.0.1"] }, "env net"],
  ] as const
) {
  Deno.test(`A plugin that is granted ${JSON.stringify(permissions)} can do ${done}`, async () => {
    await using place = new Place();
    await using broker = await BrokerProcess.start({
      RQTT_CONFIG: place.configure(permissions),
      RQTT_SECRET_TOKEN: "secret",
    });
    assertMatch(broker.log(), new RegExp(`did ${done}"?\n`));
  });
}

const OUT_OF_REACH: readonly Permissions[] = [
  { run: ["/bin/true"] },
  { ffi: ["/lib.so"] },
  { env: ["HOME"] },
];

for (const permissions of OUT_OF_REACH) {
  Deno.test({
    name: `The executable cannot grant ${
      JSON.stringify(permissions)
    } to a plugin`,
    ignore: EXECUTABLE === null,
    async fn() {
      await using place = new Place();
      const { code, stderr } = await new Deno.Command(PROGRAM[0], {
        args: ["--config", place.configure(permissions)],
        clearEnv: true,
        env: inheritedEnvironment(),
      }).output();
      assertEquals(code, 3);
      const errors = new TextDecoder().decode(stderr);
      assertStringIncludes(errors, "plugin curious");
      assertStringIncludes(errors, "beyond those of the broker's own process");
    },
  });
}

/** CONNECT of MQTT 3.1.1: user a, password b, Client Identifier c. */
const CONNECT = Uint8Array.fromHex(
  "101300044d51545404c2003c000163000161000162",
);

Deno.test("The bundled plugins run in the program, and are asked", async () => {
  const issuer = await new Issuer().add("k1");
  await using keys = new WebServer(() => Response.json(issuer.jwks()));
  await using logins = new WebServer(() => new Response());
  await using place = new Place();
  const file = place.write([
    {
      name: "tokens",
      module: "rqtt:jwt",
      options: { audience: "broker", jwks_url: `${keys.url}/jwks` },
      permissions: { net: [keys.host] },
    },
    {
      name: "logins",
      module: "rqtt:webhook",
      options: { login_url: `${logins.url}/login` },
      permissions: { net: [logins.host] },
    },
  ]);
  await using broker = await BrokerProcess.start({ RQTT_CONFIG: file });
  using connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: broker.port,
  });
  await connection.write(CONNECT);
  const answer = new Uint8Array(4);
  await connection.read(answer);
  assertEquals(answer.toHex(), "20020000");
  assertEquals(keys.requests.length, 1);
  assertEquals(logins.requests.length, 1);
});
