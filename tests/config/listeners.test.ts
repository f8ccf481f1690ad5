import { assertEquals, assertThrows } from "../_assert.ts";
import { Certificates, whyNoCertificates } from "../_certificates.ts";
import {
  ConfigError,
  type Listener,
  loadConfig,
} from "../../src/config/mod.ts";

const FILE = "rqtt.yaml";

/** Loads `yaml`; other files are read from the disk. */
function load(yaml: string): readonly Listener[] {
  const { listeners } = loadConfig({
    file: FILE,
    environment: {},
    flags: {},
    readTextFile: (path) => path === FILE ? yaml : Deno.readTextFileSync(path),
  });
  return listeners;
}

function problem(yaml: string): string {
  const { message } = assertThrows(() => load(yaml), ConfigError);
  return message.replace("Cannot load configuration: ", "");
}

function tls(keys: string): string {
  return `listeners:\n  - type: tls\n${keys.replace(/^/gm, "    ")}`;
}

Deno.test("A WebSocket listener takes a path and origins", () => {
  assertEquals(
    load(`
listeners:
  - type: ws
    address: 127.0.0.1:80
    path: /a/b
    allowed_origins: ["https://A.example", "http://b.example:8080"]
  - type: ws
`),
    [{
      type: "ws",
      hostname: "127.0.0.1",
      port: 80,
      webSocket: {
        path: "/a/b",
        allowedOrigins: ["https://a.example", "http://b.example:8080"],
      },
      maximumConnections: 100_000,
      usesProxyProtocol: false,
    }, {
      type: "ws",
      hostname: "127.0.0.1",
      port: 8083,
      webSocket: { path: "/mqtt", allowedOrigins: null },
      maximumConnections: 100_000,
      usesProxyProtocol: false,
    }],
  );
});

Deno.test("A Unix socket takes a path and permissions", () => {
  assertEquals(
    load('listeners:\n  - { type: unix, path: /run/a, mode: "0600" }'),
    [{
      type: "unix",
      path: "/run/a",
      mode: 0o600,
      maximumConnections: 100_000,
      usesProxyProtocol: false,
    }],
  );
});

Deno.test("A listener of type auto goes without TLS unless it has a certificate", () => {
  const [listener] = load("listeners:\n  - { type: auto, path: /mqtt }");
  assertEquals("tls" in listener, false);
});

const PROBLEMS: readonly [name: string, yaml: string, told: string][] = [
  [
    "TLS without a certificate",
    "listeners:\n  - type: tls",
    "rqtt.yaml:2: listeners[0].certificate: expected the path of a file, " +
    "found nothing",
  ],
  [
    "A certificate that is not there",
    tls("certificate: /nowhere/a.pem\nprivate_key: /nowhere/a.key"),
    "rqtt.yaml:3: listeners[0].certificate: " +
    "/nowhere/a.pem: no such file, put it there or correct the path",
  ],
  [
    "Certificates of clients without an authority",
    tls("certificate: a\nprivate_key: b\nclient_auth: require"),
    "rqtt.yaml:2: listeners[0].client_ca: expected the path of a file as " +
    "client_auth is require, found none",
  ],
  [
    "An authority that nobody asks",
    tls("certificate: a\nprivate_key: b\nclient_ca: c"),
    "rqtt.yaml:2: listeners[0].client_auth: expected request or require as " +
    "there are files to check clients by, found none",
  ],
  [
    "A user name from certificates that nobody asks for",
    tls("certificate: a\nprivate_key: b\nuse_identity_as_user_name: true"),
    "rqtt.yaml:2: listeners[0].client_auth: expected request or require as " +
    "use_identity_as_user_name is true, found none",
  ],
  [
    "Deno's TLS behind a PROXY header",
    tls(
      "certificate: a\nprivate_key: b\ntls_engine: deno\nproxy_protocol: true",
    ),
    "rqtt.yaml:5: listeners[0].tls_engine: expected node as proxy_protocol " +
    "is true, found deno",
  ],
  [
    "Deno's TLS with certificates of clients",
    tls(
      "certificate: a\nprivate_key: b\nclient_ca: c\nclient_auth: request\n" +
        "tls_engine: deno",
    ),
    "rqtt.yaml:7: listeners[0].tls_engine: expected node as client_auth is " +
    "request, found deno",
  ],
  [
    "A key without its certificate",
    "listeners:\n  - type: auto\n    private_key: a",
    "rqtt.yaml:2: listeners[0].certificate: expected the path of a file, as " +
    "one of both is there, found none",
  ],
  [
    "A path that is no path",
    "listeners:\n  - { type: ws, path: mqtt }",
    "rqtt.yaml:2: listeners[0].path: expected a path such as /mqtt, " +
    'found "mqtt"',
  ],
  [
    "An origin with a path",
    "listeners:\n  - type: ws\n    allowed_origins: [https://a.example/]",
    "rqtt.yaml:3: listeners[0].allowed_origins: expected any, or origins " +
    "such as [https://a.example, http://b.example:8080], found a list of 1",
  ],
  [
    "Permissions that YAML takes for a number",
    "listeners:\n  - { type: unix, path: /run/a, mode: 0600 }",
    "rqtt.yaml:2: listeners[0].mode: expected permission bits in quotes, " +
    'such as "0660", found 384',
  ],
  [
    "The same Unix socket twice",
    "listeners:\n  - { type: unix, path: /a }\n  - { type: unix, path: /a }",
    "rqtt.yaml:3: listeners[1].path: expected each address once, " +
    "found /a again",
  ],
  [
    "A key of another type of listener",
    "listeners:\n  - type: tcp\n    certificate: a",
    "rqtt.yaml:3: listeners[0].certificate: unknown key for this type, " +
    "another one has it",
  ],
  [
    "A key of Mosquitto",
    "listeners:\n  - type: tls\n    certfile: a",
    "rqtt.yaml:3: listeners[0].certfile: unknown key, did you mean " +
    "listeners[0].certificate?",
  ],
];

for (const [name, yaml, told] of PROBLEMS) {
  Deno.test(`${name} is told`, () => assertEquals(problem(yaml), told));
}

Deno.test({
  name: "A key that does not fit its certificate is told" +
    (whyNoCertificates === null ? "" : ` (skipped: ${whyNoCertificates})`),
  ignore: whyNoCertificates !== null,
  async fn() {
    await using certificates = await Certificates.make();
    const keys = ({ server }: Certificates, privateKeyPath: string) =>
      tls(
        `certificate: ${server.certificatePath}\n` +
          `private_key: ${privateKeyPath}`,
      );
    load(keys(certificates, certificates.server.privateKeyPath));
    const other = certificates.client("good").privateKeyPath;
    assertEquals(
      problem(keys(certificates, other)),
      `rqtt.yaml:4: listeners[0].private_key: ${other}: the private key does ` +
        "not fit the certificate",
    );
  },
});
