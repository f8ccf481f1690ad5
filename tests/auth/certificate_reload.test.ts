import { Certificates, whyNoCertificates } from "../_certificates.ts";
import { assert, assertEquals, assertRejects } from "../_assert.ts";
import { ConfigError } from "../../src/config/mod.ts";
import { AuthServer } from "./_server.ts";

Deno.test({
  name: "a reload takes new certificates and new rules, or neither",
  ignore: whyNoCertificates !== null,
  async fn() {
    await using certificates = await Certificates.make();
    const { server } = certificates;
    const paths = {
      certificatePath: certificates.path("used.pem"),
      privateKeyPath: server.privateKeyPath,
    };
    const use = () =>
      Deno.copyFile(server.certificatePath, paths.certificatePath);
    await use();
    await using broker = await AuthServer.start(
      { aclFile: "topic readwrite a" },
      (config) => ({
        ...config,
        listeners: [
          config.listeners[0],
          {
            ...config.listeners[0],
            type: "tls",
            tls: {
              ...paths,
              clientAuthentication: "none",
              clientCaPath: null,
              revocationListPath: null,
              usesIdentityAsUserName: false,
            },
          } as typeof config.listeners[0],
        ],
      }),
    );
    const client = await broker.connect({ clientIdentifier: "c" });
    await broker.write("aclFile", "topic readwrite b");
    await Deno.writeTextFile(paths.certificatePath, "nonsense");
    const { message } = await assertRejects(
      () => broker.server.reload(broker.config),
      ConfigError,
    );
    assert(message.includes("listeners[1]"), message);
    assertEquals((await client.subscribe("a")).reasonCodes, [0]);
    await use();
    await broker.server.reload(broker.config);
    assertEquals((await client.subscribe("b")).reasonCodes, [0]);
    assertEquals((await client.subscribe("a")).reasonCodes, [0x87]);
  },
});

Deno.test({
  name: "whose certificate is revoked is disconnected when the list is read",
  ignore: whyNoCertificates !== null,
  async fn() {
    await using certificates = await Certificates.make();
    const { server } = certificates;
    const causes: string[] = [];
    await using broker = await AuthServer.start({}, (config) => ({
      ...config,
      listeners: [
        {
          ...config.listeners[0],
          type: "tls",
          tls: {
            ...server,
            clientAuthentication: "require",
            clientCaPath: certificates.authorityPath,
            revocationListPath: certificates.revocationListPath,
            usesIdentityAsUserName: true,
          },
        } as typeof config.listeners[0],
      ],
    }));
    broker.server.broker.observer.clientDisconnected = (_, __, cause) => {
      causes.push(cause);
    };
    const [{ port }] = broker.server.addresses;
    const connect = async (name: "good" | "other") => {
      const read = (path: string) => Deno.readTextFileSync(path);
      const client = await Deno.connectTls({
        hostname: "localhost",
        port,
        caCerts: [certificates.authority],
        cert: read(certificates.path(`${name}.pem`)),
        key: read(certificates.path(`${name}.key`)),
      });
      await client.write(connectPacket(name));
      const connack = await readSome(client);
      assertEquals([connack[0], connack[3]], [0x20, 0]);
      return client;
    };
    await certificates.issueClient("other", "/CN=carol");
    using stays = await connect("other");
    using goes = await connect("good");
    await certificates.revoke("good");
    await broker.server.reload(broker.config);
    const disconnect = await readSome(goes);
    assertEquals([disconnect[0], disconnect[2]], [0xe0, 0x87]);
    assertEquals(causes, [
      "the client's certificate is not valid any more: the certificate is " +
      "revoked",
    ]);
    await stays.write(Uint8Array.of(0xc0, 0));
    assertEquals(await readSome(stays), Uint8Array.of(0xd0, 0));
  },
});

/** CONNECT of MQTT 5.0 with Clean Start. */
function connectPacket(clientIdentifier: string): Uint8Array {
  const name = new TextEncoder().encode(clientIdentifier);
  const body = [0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 0, 0, name.length, ...name];
  return Uint8Array.of(0x10, body.length, ...body);
}

async function readSome(client: Deno.TlsConn): Promise<Uint8Array> {
  const buffer = new Uint8Array(1_024);
  return buffer.slice(0, await client.read(buffer) ?? 0);
}
