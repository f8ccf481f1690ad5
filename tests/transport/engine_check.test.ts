import { type Config, defaultConfig } from "../../src/config/mod.ts";
import { ListenError } from "../../src/listen_error.ts";
import { Server } from "../../src/server.ts";
import {
  checkWithEngine,
  CredentialError,
  readCredentials,
  type TlsEngine,
} from "../../src/transport/mod.ts";
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../_assert.ts";
import { Certificates, whyNoCertificates } from "../_certificates.ts";

const KINDS: readonly [name: string, ...args: string[]][] = [
  ["small", "-newkey", "rsa:1024"],
  ["ed448", "-newkey", "ed448"],
  ["ed25519", "-newkey", "ed25519"],
];

function test(
  name: string,
  run: (certificates: Certificates) => Promise<void>,
  permissions: Deno.PermissionOptions = "inherit",
) {
  Deno.test({
    name: whyNoCertificates === null
      ? name
      : `${name} (skipped: ${whyNoCertificates})`,
    ignore: whyNoCertificates !== null,
    permissions,
    async fn() {
      await using certificates = await Certificates.make();
      await run(certificates);
    },
  });
}

/** A certificate of X.509 version 1 for the key of the server. */
async function makeVersion1(certificates: Certificates): Promise<string> {
  await certificates.openssl(
    ..."x509 -req -days 30 -in server.csr -signkey server.key -out v1.pem"
      .split(" "),
  );
  return certificates.path("v1.pem");
}

function tlsOf(certificatePath: string, privateKeyPath: string) {
  return {
    certificatePath,
    privateKeyPath,
    clientCaPath: null,
    revocationListPath: null,
  };
}

/** A broker with one listener for TLS. */
function start(
  files: ReturnType<typeof tlsOf>,
  tlsEngine: TlsEngine,
): { config: Config; server: Promise<Server> } {
  const defaults = defaultConfig();
  const config = {
    ...defaults,
    listeners: [{
      ...defaults.listeners[0],
      type: "tls",
      port: 0,
      tlsEngine,
      tls: {
        ...files,
        clientAuthentication: "none",
        usesIdentityAsUserName: false,
      },
    }],
  } as Config;
  return { config, server: Server.start({ config }) };
}

test("a certificate of version 1 is good for node at the start and at a reload", async (certificates) => {
  const path = await makeVersion1(certificates);
  const files = tlsOf(path, certificates.server.privateKeyPath);
  const { config, server } = start(files, "node");
  const running = await server;
  await makeVersion1(certificates);
  assertEquals(await running.reload(config), []);
  await running.stop();
});

test("a certificate of version 1 is refused for deno at the start and at a reload", async (certificates) => {
  const { certificatePath, privateKeyPath } = certificates.server;
  const path = await makeVersion1(certificates);
  const refused = await assertRejects(
    () => start(tlsOf(path, privateKeyPath), "deno").server,
    ListenError,
  );
  const told = `${path}: the certificate is of X.509 version 1, which ` +
    "tls_engine deno does not serve, have one of version 3 issued or use " +
    "tls_engine node";
  assertEquals(
    refused.message,
    `Cannot listen on 127.0.0.1:0 (listeners[0].certificate): ${told}`,
  );
  const used = certificates.path("used.pem");
  await Deno.copyFile(certificatePath, used);
  const { config, server } = start(tlsOf(used, privateKeyPath), "deno");
  const running = await server;
  await Deno.copyFile(path, used);
  const { message } = await assertRejects(() => running.reload(config));
  assertEquals(
    message,
    "Cannot load configuration: listeners[0].certificate: " +
      told.replace(path, used),
  );
  await running.stop();
});

test("a key that TLS cannot serve is refused for both engines", async (certificates) => {
  for (const [name, ...args] of KINDS) {
    await certificates.openssl(
      ..."req -x509 -nodes -subj /CN=localhost -days 30".split(" "),
      ...[...args, "-keyout", `${name}.key`, "-out", `${name}.pem`],
    );
    const credentials = readCredentials(
      tlsOf(certificates.path(`${name}.pem`), certificates.path(`${name}.key`)),
    );
    for (const engine of ["node", "deno"] as const) {
      if (name === "ed25519") {
        checkWithEngine(credentials, engine);
        continue;
      }
      const { file, message } = assertThrows(
        () => checkWithEngine(credentials, engine),
        CredentialError,
      );
      assertEquals(file, "privateKeyPath");
      assertMatch(message, /^the private key is of a kind .* RSA with 2048/);
    }
  }
});

test(
  "nothing is checked where Deno permits no port of this machine",
  (certificates) => {
    const { certificatePath, privateKeyPath } = certificates.server;
    checkWithEngine(
      readCredentials(tlsOf(certificatePath, privateKeyPath)),
      "deno",
    );
    return Promise.resolve();
  },
  { net: false, read: true, write: true, run: true },
);
