import { editPasswordFile, storePassword } from "../../../src/auth/passwd.ts";
import { run } from "../../../src/cli/run.ts";
import {
  allowsAnonymous,
  type Config,
  type Listener,
  loadConfig,
} from "../../../src/config/mod.ts";
import { Server } from "../../../src/server.ts";
import type { ListeningAddress } from "../../../src/transport/mod.ts";
import { assert, assertEquals, assertMatch } from "../../_assert.ts";
import { Certificates, whyNoCertificates } from "../../_certificates.ts";
import { fakeSurroundings } from "../_surroundings.ts";
import { runOurs } from "../mosquitto/_clients.ts";

const DIRECTORY = new URL(".", import.meta.url).pathname;

/** Each stands beside the YAML that it becomes. */
const NAMES = [...Deno.readDirSync(DIRECTORY)]
  .map(({ name }) => name)
  .filter((name) => name.endsWith(".conf"))
  .toSorted();

async function runRqtt(
  args: readonly string[],
  files: (path: string) => string,
) {
  const { surroundings, output, errors } = fakeSurroundings({
    args,
    readTextFile: files,
  });
  return { code: await run(surroundings), output, errors };
}

function readFixture(path: string): string {
  return Deno.readTextFileSync(`${DIRECTORY}${path}`);
}

for (const name of NAMES) {
  Deno.test(`${name} becomes the YAML beside it`, async () => {
    const { code, output, errors } = await runRqtt(
      ["import", name],
      readFixture,
    );
    assertEquals(code, 0);
    const yaml = readFixture(name.replace(".conf", ".yaml"));
    assertEquals(`${output.join("\n")}\n`, yaml);
    const commented = yaml.match(/^ *# line \d+: /gm) ?? [];
    assertEquals(errors.length, commented.length);
    for (const error of errors) {
      assertMatch(error, /^\d\d_\w+\.conf:\d+: \S+ has no equivalent: /);
    }
  });
}

Deno.test("at least ten files are imported", () => {
  assert(NAMES.length >= 10);
});

Deno.test({
  name: "what is imported passes the check and is served as it says",
  ignore: whyNoCertificates !== null,
  async fn(test) {
    await using machine = await Machine.make();
    for (const name of NAMES) {
      await test.step(name, async () => {
        const { output } = await runRqtt(
          ["import", name],
          (path) => machine.translate(readFixture(path)),
        );
        const yaml = output.join("\n")
          .replaceAll(/^( *-? *address: .*):\d+$/gm, "$1:0");
        const readTextFile = (path: string) =>
          path === "rqtt.yaml" ? yaml : Deno.readTextFileSync(path);
        const checked = await runRqtt(
          ["check", "--config", "rqtt.yaml"],
          readTextFile,
        );
        assertEquals(checked.errors, []);
        assertEquals(checked.code, 0);
        const config = loadConfig({
          file: "rqtt.yaml",
          environment: {},
          flags: {},
          readTextFile,
        });
        const server = await Server.start({ config });
        try {
          await assertServed(server.addresses, { config, machine });
        } finally {
          await server.stop();
        }
      });
    }
  },
});

/** Return codes of CONNACK. */
const BAD_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

/** Every listener lets in who may, and nobody else. */
async function assertServed(
  addresses: readonly ListeningAddress[],
  { config, machine }: { readonly config: Config; readonly machine: Machine },
): Promise<void> {
  for (const [index, listener] of config.listeners.entries()) {
    // No client of ours speaks for another as a proxy does.
    if (listener.usesProxyProtocol) continue;
    const isOpen = allowsAnonymous(config, listener);
    const args = "-i me -t devices/a -m x -q 1".split(" ");
    let hasIdentity = false;
    const address = addresses[index];
    if (listener.type === "unix") args.push("--unix", listener.path);
    else {
      assert("port" in address);
      args.push("-h", "localhost", "-p", String(address.port));
      if (listener.type.startsWith("ws")) args.push("--ws");
      if (listener.tls !== undefined) {
        args.push("--cafile", machine.path("certs/ca.crt"));
        if (listener.tls.clientAuthentication === "require") {
          args.push("--cert", machine.path("certs/client.crt"));
          args.push("--key", machine.path("certs/client.key"));
          hasIdentity = listener.tls.usesIdentityAsUserName;
        }
      }
    }
    const nameless = await runOurs("pub", args);
    const expected = isOpen || hasIdentity ? 0 : NOT_AUTHORIZED;
    assertEquals(nameless.code, expected, args.join(" "));
    if (!checksPasswords(config, listener)) continue;
    const known = await runOurs("pub", [...args, "-u", "alice", "-P", "right"]);
    assertEquals(known, { code: 0, output: "", error: "" });
    const wrong = await runOurs("pub", [...args, "-u", "alice", "-P", "wrong"]);
    assertEquals(wrong.code, BAD_PASSWORD);
  }
}

function checksPasswords({ auth }: Config, listener: Listener): boolean {
  const names = listener.auth?.authenticators ?? "auto";
  return names === "auto"
    ? auth.passwordFile !== null
    : names.includes("password_file");
}

/** Files where the configurations expect them, in a directory of its own. */
class Machine implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async make(): Promise<Machine> {
    const machine = new Machine(await Deno.makeTempDir());
    for (const name of ["etc/certs", "lib", "run"]) {
      await Deno.mkdir(`${machine.#directory}/${name}`, { recursive: true });
    }
    await using certificates = await Certificates.make();
    const { server, authorityPath, revocationListPath } = certificates;
    const client = certificates.client("good");
    for (
      const [name, path] of [
        ["ca.crt", authorityPath],
        ["server.crt", server.certificatePath],
        ["server.key", server.privateKeyPath],
        ["client.crt", client.certificatePath],
        ["client.key", client.privateKeyPath],
        ["crl.pem", revocationListPath],
      ]
    ) await Deno.copyFile(path, machine.path(`certs/${name}`));
    const stored = await storePassword("right", {
      kind: "sha512-pbkdf2",
      iterations: 10,
    });
    await Deno.writeTextFile(
      machine.path("passwd"),
      editPasswordFile("", "alice", stored)!,
    );
    await Deno.writeTextFile(
      machine.path("acl"),
      "user alice\ntopic readwrite devices/#\n",
    );
    return machine;
  }

  /** Of a file below what the configurations call /etc/mosquitto. */
  path(name: string): string {
    return `${this.#directory}/etc/${name}`;
  }

  /** A configuration that names the files here. */
  translate(text: string): string {
    return text.replaceAll("/etc/mosquitto", `${this.#directory}/etc`)
      .replaceAll("/var/lib/mosquitto", `${this.#directory}/lib`)
      .replaceAll("/run/mosquitto", `${this.#directory}/run`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}

Deno.test("files of include_dir are read in the order of their names", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const main = `${directory}/mosquitto.conf`;
    await Deno.mkdir(`${directory}/conf.d`);
    await Deno.writeTextFile(main, `include_dir ${directory}/conf.d\n`);
    await Deno.writeTextFile(
      `${directory}/conf.d/b.conf`,
      "\nmount_point x/\n",
    );
    await Deno.writeTextFile(`${directory}/conf.d/a.conf`, "listener 1884\n");
    await Deno.writeTextFile(`${directory}/conf.d/c.old`, "listener 1885\n");
    const { output, errors } = await runRqtt(
      ["import", main],
      Deno.readTextFileSync,
    );
    assertMatch(output[0], /address: 0\.0\.0\.0:1884\n {4}# line 2: mount_/);
    assertEquals(errors, [
      `${directory}/conf.d/b.conf:2: mount_point has no equivalent: ` +
      "publishers have to name the whole topic",
    ]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

const PROBLEMS: readonly [text: string, told: string][] = [
  [
    "allow_anonymous maybe",
    'a.conf:1: allow_anonymous: expected true or false, found "maybe"',
  ],
  [
    "\nlistener",
    "a.conf:2: listener: expected a whole number from 0, found nothing",
  ],
  [
    "listener 70000",
    'a.conf:1: listener: expected a port up to 65535, found "70000"',
  ],
  [
    "listener 1883\nprotocol carrier-pigeon",
    'a.conf:2: protocol: expected mqtt or websockets, found "carrier-pigeon"',
  ],
  [
    "persistent_client_expiration soon",
    "a.conf:1: persistent_client_expiration: expected a number with h, d, w, " +
    'm or y, found "soon"',
  ],
];

for (const [text, told] of PROBLEMS) {
  Deno.test(`"${text.trim()}" cannot be imported`, async () => {
    const { code, errors, output } = await runRqtt(
      ["import", "a.conf"],
      () => text,
    );
    assertEquals(code, 3);
    assertEquals(errors, [`Cannot import ${told}`]);
    assertEquals(output, []);
  });
}

Deno.test("a file that is not there is told with exit code 3", async () => {
  const { code, errors } = await runRqtt(
    ["import", "/nonexistent.conf"],
    Deno.readTextFileSync,
  );
  assertEquals(code, 3);
  assertEquals(errors, ["Cannot import /nonexistent.conf: no such file"]);
});
