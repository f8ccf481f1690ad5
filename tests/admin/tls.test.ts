import { Certificates, whyNoCertificates } from "../_certificates.ts";
import { assertEquals, assertMatch } from "../_assert.ts";
import { run } from "../../src/cli/run.ts";
import { defaultConfig } from "../../src/mod.ts";
import { fakeSurroundings } from "../cli/_surroundings.ts";
import { withServer } from "./_server.ts";

Deno.test({
  name:
    "With a certificate it is reached over TLS only, and cookies stay there",
  ignore: whyNoCertificates !== null,
  async fn() {
    await using certificates = await Certificates.make();
    const { admin } = defaultConfig();
    const address = { hostname: "127.0.0.1", port: 0 };
    await withServer(async ({ server, token }) => {
      const origin = `https://127.0.0.1:${server.adminAddress?.port}`;
      using client = Deno.createHttpClient({
        caCerts: [certificates.authority],
      });
      const health = await fetch(`${origin}/healthz`, { client });
      assertEquals(await health.text(), "ok\n");
      const login = await fetch(`${origin}/login`, {
        client,
        method: "POST",
        headers: { origin },
        body: JSON.stringify({ token }),
      });
      await login.body?.cancel();
      assertMatch(
        login.headers.get("set-cookie")!,
        /; Secure; SameSite=Strict$/,
      );
      const { surroundings, output } = fakeSurroundings({
        args: [
          "ctl",
          "--url",
          origin,
          "--ca",
          certificates.authorityPath,
          "listeners",
        ],
        environment: { RQTT_CTL_TOKEN: token },
        readTextFile: Deno.readTextFileSync,
      });
      assertEquals(await run(surroundings), 0);
      assertMatch(output.join("\n"), /\nadmin +127\.0\.0\.1:\d+ +yes /);
    }, {
      config: { admin: { ...admin, address, ...certificates.server } },
    });
  },
});
