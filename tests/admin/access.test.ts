import { assertEquals, assertMatch } from "../_assert.ts";
import { SILENT_ADMIN_OBSERVER } from "../../src/admin/observer.ts";
import { defaultConfig } from "../../src/mod.ts";
import { sendRaw, withServer } from "./_server.ts";

const READ_TOKEN = "r".repeat(40);
const WRITE_TOKEN = "w".repeat(40);

/** Runs `use` with a file of two tokens. */
async function withTokenFile(use: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(
    path,
    `# role user token\nread watcher ${READ_TOKEN}\n\nwrite boss ${WRITE_TOKEN}\n`,
  );
  try {
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

function withFile(tokenFile: string) {
  const { admin } = defaultConfig();
  const address = { hostname: "127.0.0.1", port: 0 };
  return { config: { admin: { ...admin, address, tokenFile } } };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

Deno.test("Health needs no token, everything else does", async () => {
  await withServer(async ({ request, origin }) => {
    const health = await fetch(`${origin}/healthz`);
    assertEquals([health.status, await health.text()], [200, "ok\n"]);
    const ready = await fetch(`${origin}/readyz`);
    assertEquals([ready.status, await ready.text()], [200, "ok\n"]);
    const refused = await fetch(`${origin}/nothing`);
    assertEquals(refused.status, 401);
    assertEquals(
      refused.headers.get("content-type"),
      "application/problem+json",
    );
    assertEquals(
      refused.headers.get("www-authenticate"),
      'Bearer realm="rqtt"',
    );
    assertEquals((await refused.json()).detail, "the request has no token");
    const missing = await request("/nothing");
    assertEquals([missing.status, (await missing.json()).detail], [
      404,
      "there is nothing at /nothing",
    ]);
  });
});

Deno.test("A wrong token is refused, and the role read changes nothing", async () => {
  await withTokenFile(async (path) => {
    await withServer(async ({ request, server }) => {
      assertEquals(server.adminToken, null);
      const status = async (method: string, token: string) => {
        const headers = bearer(token);
        const response = await request("/nothing", { method, headers });
        await response.body?.cancel();
        return response.status;
      };
      assertEquals(await status("GET", "x".repeat(40)), 401);
      assertEquals(await status("GET", READ_TOKEN), 404);
      assertEquals(await status("DELETE", READ_TOKEN), 403);
      assertEquals(await status("DELETE", WRITE_TOKEN), 404);
    }, withFile(path));
  });
});

Deno.test("A file of tokens that is not there is made, for its owner only", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/tokens`;
  await withServer(async ({ request }) => {
    const text = await Deno.readTextFile(path);
    const [, write, read] = /^write admin (\S{43})\nread admin (\S{43})\n$/m
      .exec(text)!;
    for (const [token, expected] of [[write, 404], [read, 403]] as const) {
      const headers = bearer(token);
      const response = await request("/nothing", { method: "PUT", headers });
      await response.body?.cancel();
      assertEquals(response.status, expected);
    }
    if (Deno.build.os !== "windows") {
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    }
  }, withFile(path));
  await Deno.remove(directory, { recursive: true });
});

Deno.test("A reload takes tokens away, and the logins that they have made", async () => {
  await withTokenFile(async (path) => {
    await withServer(async ({ request, server, origin }) => {
      const login = await fetch(`${origin}/login`, {
        method: "POST",
        body: JSON.stringify({ token: READ_TOKEN }),
      });
      assertEquals(await login.json(), { role: "read", user: "watcher" });
      const cookie = login.headers.get("set-cookie")!.split(";")[0];
      const statuses = async () => {
        const statuses = [];
        for (const headers of [bearer(READ_TOKEN), { cookie }]) {
          const response = await request("/nothing", { headers });
          await response.body?.cancel();
          statuses.push(response.status);
        }
        return statuses;
      };
      assertEquals(await statuses(), [404, 404]);
      await Deno.writeTextFile(path, `write boss ${WRITE_TOKEN}\n`);
      await server.reload({ ...defaultConfig(), ...withFile(path).config });
      assertEquals(await statuses(), [401, 401]);
    }, withFile(path));
  });
});

Deno.test("A cookie is for scripts of no page, and changes need our own origin", async () => {
  await withServer(async ({ request, origin, token }) => {
    const login = await fetch(`${origin}/login`, {
      method: "POST",
      headers: { origin },
      body: JSON.stringify({ token }),
    });
    await login.body?.cancel();
    const setCookie = login.headers.get("set-cookie")!;
    assertMatch(
      setCookie,
      /^rqtt_admin=\S{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = setCookie.split(";")[0];
    const status = async (headers: Record<string, string>, method = "PUT") => {
      const response = await request("/nothing", {
        method,
        headers: { cookie, ...headers },
      });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await status({}, "GET"), 404);
    assertEquals(await status({}), 403);
    assertEquals(await status({ origin: "https://evil.example" }), 403);
    assertEquals(await status({ origin }), 404);
    const logout = await request("/logout", {
      method: "POST",
      headers: { cookie, origin },
    });
    assertEquals(logout.status, 204);
    assertEquals(await status({}, "GET"), 401);
  });
});

Deno.test("A foreign page cannot log a browser in", async () => {
  await withServer(async ({ origin, token }) => {
    const response = await fetch(`${origin}/login`, {
      method: "POST",
      headers: { origin: "https://evil.example" },
      body: JSON.stringify({ token }),
    });
    await response.body?.cancel();
    assertEquals(response.status, 403);
  });
});

Deno.test("Without a token the host has to be called by one of its names", async () => {
  const { admin } = defaultConfig();
  const address = { hostname: "127.0.0.1", port: 0 };
  await withServer(async ({ server, token }) => {
    const { port } = server.adminAddress!;
    const status = async (host: string, path: string, more = "") => {
      const answer = await sendRaw(
        port,
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n` +
          `${more}\r\n`,
      );
      return Number(answer.split(" ")[1]);
    };
    assertEquals(await status("127.0.0.1", "/x"), 401);
    assertEquals(await status(`[::1]:${port}`, "/x"), 401);
    assertEquals(await status("localhost:1", "/x"), 401);
    assertEquals(await status("rqtt.example", "/x"), 401);
    assertEquals(await status("evil.example", "/x"), 421);
    assertEquals(await status("evil.example", "/healthz"), 200);
    const authorization = `Authorization: Bearer ${token}\r\n`;
    assertEquals(await status("evil.example", "/x", authorization), 404);
  }, {
    config: { admin: { ...admin, address, allowedHosts: ["rqtt.example"] } },
  });
});

Deno.test("Every answer tells browsers to be careful with it", async () => {
  await withServer(async ({ request }) => {
    for (const path of ["/healthz", "/nothing"]) {
      const { headers, body } = await request(path);
      await body?.cancel();
      assertEquals(headers.get("x-content-type-options"), "nosniff");
      assertEquals(headers.get("x-frame-options"), "DENY");
      assertEquals(headers.get("cache-control"), "no-store");
      assertMatch(
        headers.get("content-security-policy")!,
        /default-src 'none'.*frame-ancestors 'none'/,
      );
    }
  });
});

Deno.test("A listener of type auto serves it beside MQTT, if it is asked to", async () => {
  const auto = {
    type: "auto",
    hostname: "127.0.0.1",
    port: 0,
    maximumConnections: 10,
    webSocket: { path: "/mqtt", allowedOrigins: null },
  } as const;
  const { admin } = defaultConfig();
  await withServer(async ({ server, token }) => {
    assertEquals(server.adminAddress, null);
    const statuses = [];
    for (const { port } of server.addresses) {
      for (const path of ["/mqtt", "/healthz", "/readyz", "/nothing"]) {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          headers: bearer(token),
        });
        await response.body?.cancel();
        statuses.push(response.status);
      }
    }
    assertEquals(statuses, [426, 200, 404, 404, 426, 200, 200, 404]);
  }, { config: { admin, listeners: [auto, { ...auto, servesAdmin: true }] } });
});

Deno.test("Who has changed something is told, and who was refused, but no messages", async () => {
  const lines: string[] = [];
  const withoutPort = (address: string) => address.replace(/:\d+$/, "");
  await withServer(async ({ request, origin, token }) => {
    const send = async (
      method: string,
      path: string,
      init: RequestInit = {},
    ) => {
      const response = await request(path, { method, ...init });
      await response.body?.cancel();
    };
    const json = { "content-type": "application/json" };
    const body = '{"topic":"a","payload":"x","retain":true}';
    await send("POST", "/api/v1/publish", { headers: json, body });
    await send("DELETE", "/api/v1/retained/a");
    await send("DELETE", "/api/v1/retained/a");
    await send("GET", "/api/v1/clients");
    await send("GET", "/api/v1/clients", { headers: bearer("x".repeat(40)) });
    const cookie = { cookie: "none=1" };
    const login = JSON.stringify({ token });
    await send("POST", "/login", {
      headers: { origin, ...cookie },
      body: login,
    });
    await send("POST", "/login", {
      headers: { origin, ...cookie },
      body: "{}",
    });
  }, {
    adminObserver: {
      tokensExposed: () => {},
      adminChanged: (user, address, request) =>
        lines.push(`${user} ${withoutPort(address)} ${request}`),
      adminRefused: (address, cause) =>
        lines.push(`refused ${withoutPort(address)}: ${cause}`),
    },
  });
  assertEquals(lines, [
    "admin 127.0.0.1 DELETE /api/v1/retained/a",
    "refused 127.0.0.1: the token is not one that is accepted",
    "admin 127.0.0.1 POST /login",
    "refused 127.0.0.1: the token is not one that is accepted",
  ]);
});

Deno.test({
  name: "A file of tokens that everybody can read is told of",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withTokenFile(async (path) => {
      const told: string[] = [];
      const adminObserver = {
        ...SILENT_ADMIN_OBSERVER,
        tokensExposed: (path: string) => told.push(path),
      };
      for (const mode of [0o640, 0o644]) {
        await Deno.chmod(path, mode);
        await withServer(async () => {}, { ...withFile(path), adminObserver });
      }
      assertEquals(told, [path]);
    });
  },
});
