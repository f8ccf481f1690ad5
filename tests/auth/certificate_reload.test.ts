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
