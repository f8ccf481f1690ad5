import { loadConfig } from "../../../src/config/mod.ts";
import { Server } from "../../../src/server.ts";
import { assertEquals, assertMatch } from "../../_assert.ts";
import { Certificates, whyNoCertificates } from "../../_certificates.ts";
import { HAS_MOSQUITTO_CLIENTS, runOurs, runTheirs } from "./_clients.ts";

/** Whether it gets through; ours alone knows WebSockets. */
type Row = readonly [args: string, isFine: boolean, isOursOnly?: boolean];

const ROWS: readonly Row[] = [
  ["-h localhost -p TLS --cafile CA", true],
  ["-h localhost -p TLS --capath CAPATH", true],
  ["-h localhost -p TLS --cafile FOREIGN", false],
  ["-h localhost -p TLS --tls-use-os-certs", false],
  ["-h localhost -p TLS", false],
  ["-L mqtts://localhost:TLS/a --cafile CA", true],
  ["-h localhost -p TLS --cafile CA --tls-alpn mqtt", true],
  ["-h 127.0.0.2 -p TLS --cafile CA", false],
  ["-h 127.0.0.2 -p TLS --cafile CA --insecure", true],
  ["-h localhost -p MUTUAL --cafile CA --cert CERT --key KEY", true],
  [
    "-h localhost -p MUTUAL --cafile CA --cert CERT --key KEY --keyform pem",
    true,
  ],
  ["-h localhost -p MUTUAL --cafile CA", false],
  ["--ws -h localhost -p WS", true, true],
  ["-L ws://localhost:WS/a", true, true],
  ["-L wss://localhost:WSS/a --cafile CA", true, true],
  ["--ws -h localhost -p WSS --cafile CA", true, true],
  ["--ws -h localhost -p WSS --cafile FOREIGN", false, true],
];

Deno.test({
  name: "clients get through over TLS and WebSocket, or say why not",
  ignore: whyNoCertificates !== null,
  async fn() {
    await using certificates = await Certificates.make();
    const { certificatePath, privateKeyPath } = certificates.server;
    const tls =
      `certificate: ${certificatePath}, private_key: ${privateKeyPath}`;
    const yaml = `
listeners:
  - { type: tls, address: 0.0.0.0:0, ${tls} }
  - { type: tls, address: 127.0.0.1:0, ${tls}, client_auth: require, client_ca: ${certificates.authorityPath} }
  - { type: ws, address: 127.0.0.1:0 }
  - { type: wss, address: 127.0.0.1:0, ${tls} }
auth: { allow_anonymous: true }
`;
    const config = loadConfig({
      file: "rqtt.yaml",
      environment: {},
      flags: {},
      readTextFile: (path) =>
        path === "rqtt.yaml" ? yaml : Deno.readTextFileSync(path),
    });
    const server = await Server.start({ config });
    const ports = server.addresses.map((address) =>
      "port" in address ? address.port : 0
    );
    const capath = `${certificates.directory}/capath`;
    await Deno.mkdir(capath);
    await Deno.copyFile(certificates.authorityPath, `${capath}/ca.crt`);
    await certificates.openssl("rehash", capath);
    const client = certificates.client("good");
    const words: Readonly<Record<string, string>> = {
      CA: certificates.authorityPath,
      CAPATH: capath,
      FOREIGN: certificates.path("foreign-ca.pem"),
      CERT: client.certificatePath,
      KEY: client.privateKeyPath,
      TLS: String(ports[0]),
      MUTUAL: String(ports[1]),
      WS: String(ports[2]),
      WSS: String(ports[3]),
    };
    try {
      for (const [line, isFine, isOursOnly] of ROWS) {
        const args = line.replace(/\b[A-Z]{2,}\b/g, (word) => words[word])
          .split(" ");
        args.push("-m", "x", "-q", "1");
        if (!line.includes("-L")) args.push("-t", "a");
        const ours = await runOurs("pub", args);
        assertEquals(ours.code === 0, isFine, `${line}: ${ours.error}`);
        if (!isFine) assertMatch(ours.error, /^Error: ./);
        if (isOursOnly || !HAS_MOSQUITTO_CLIENTS) continue;
        const theirs = await runTheirs("pub", args);
        assertEquals(theirs.code === 0, isFine, `${line}: ${theirs.error}`);
      }
    } finally {
      await server.stop();
    }
  },
});
