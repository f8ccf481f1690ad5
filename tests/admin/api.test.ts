import { assert, assertEquals, assertMatch } from "../_assert.ts";
import { connect } from "../../src/client/mod.ts";
import { defaultConfig, loadConfig } from "../../src/mod.ts";
import { type Given, withServer } from "./_server.ts";

function load(yaml: string) {
  return loadConfig({
    file: "rqtt.yaml",
    environment: {},
    flags: {},
    readTextFile: () => yaml,
  });
}

async function get(given: Given, path: string) {
  const response = await given.request(`/api/v1/${path}`);
  return { status: response.status, body: await response.json() };
}

async function status(given: Given, method: string, path: string) {
  const response = await given.request(`/api/v1/${path}`, { method });
  const text = await response.text();
  return response.status === 204 ? 204 : `${response.status} ${text}`;
}

function publish(given: Given, message: unknown) {
  return given.request("/api/v1/publish", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message),
  });
}

function client(given: Given, clientIdentifier: string, options = {}) {
  return connect(`mqtt://127.0.0.1:${given.mqttPort}`, {
    clientIdentifier,
    reconnect: false,
    ...options,
  });
}

Deno.test("Clients are listed with what they are, and are kicked", async () => {
  await withServer(async (given) => {
    await using sensor = await client(given, "sensor/1", {
      sessionExpiryIntervalSeconds: 60,
      userName: "ann",
    });
    await using other = await client(given, "other");
    await sensor.subscribe("a/#");
    const { body } = await get(given, "clients?client_id=sensor*");
    assertEquals([body.total, body.next_cursor], [1, null]);
    const [listed] = body.items;
    assertEquals(listed.client_id, "sensor/1");
    assertEquals(listed.user, "ann");
    assertEquals(listed.protocol_version, "5.0");
    assertEquals(listed.subscriptions, 1);
    assertEquals(listed.session_expiry_seconds, 60);
    assertMatch(listed.connected_at, /^\d{4}-\d\d-\d\dT/);
    const single = await get(given, "clients/sensor%2F1");
    assertEquals(single.body, listed);
    const closed = new Promise((resolve) =>
      sensor.addEventListener("disconnect", resolve, { once: true })
    );
    assertEquals(await status(given, "DELETE", "clients/sensor%2F1"), 204);
    await closed;
    assertEquals((await get(given, "clients/sensor%2F1")).status, 404);
    assertEquals((await get(given, "sessions/sensor%2F1")).body, {
      ...(await get(given, "sessions")).body.items[1],
      client_id: "sensor/1",
      user: "ann",
      is_connected: false,
    });
    const ofAnn = await get(given, "sessions?user=a*");
    assertEquals(ofAnn.body.items.length, 1);
    assertEquals(ofAnn.body.items[0].client_id, "sensor/1");
    assertEquals(other.state, "connected");
  });
});

Deno.test("A session is ended with its connection", async () => {
  await withServer(async (given) => {
    await using sleeper = await client(given, "sleeper", {
      sessionExpiryIntervalSeconds: 60,
    });
    assertEquals(await status(given, "DELETE", "sessions/sleeper"), 204);
    assertEquals((await get(given, "sessions/sleeper")).status, 404);
    assertEquals((await get(given, "clients/sleeper")).status, 404);
    assertMatch(
      `${await status(given, "DELETE", "sessions/sleeper")}`,
      /^404 .*remedy/,
    );
    assert(sleeper.clientIdentifier === "sleeper");
  });
});

Deno.test("Pages hold as many as asked for, in order, and no one twice while others come and go", async () => {
  await withServer(async (given) => {
    const names = Array.from(
      { length: 25 },
      (_, index) => `c${String(index).padStart(2, "0")}`,
    );
    const clients = await Promise.all(names.map((name) => client(given, name)));
    const seen: string[] = [];
    let cursor = "";
    do {
      const query = new URLSearchParams({ limit: "10", sort: "-client_id" });
      if (cursor !== "") query.set("cursor", cursor);
      const { body } = await get(given, `clients?${query}`);
      seen.push(
        ...body.items.map(({ client_id }: { client_id: string }) => client_id),
      );
      cursor = body.next_cursor ?? "";
      if (seen.length === 10) {
        // One that was seen goes, and one comes before the place of the cursor.
        await clients[24].close();
        clients.push(await client(given, "c99"));
      }
    } while (cursor !== "");
    assertEquals(seen, names.toReversed());
    const wrong = await get(given, "clients?cursor=abc");
    assertEquals([wrong.status, wrong.body.title], [400, "Bad Request"]);
    for (const each of clients) await each.close();
  });
});

Deno.test("Subscriptions are found by the topics that they get", async () => {
  await withServer(async (given) => {
    await using one = await client(given, "one");
    await one.subscribe(["a/+", "$share/g/a/#", "b"], { qos: 1 });
    const { body } = await get(given, "subscriptions?topic=a/x");
    assertEquals(
      body.items.map((
        each: { topic_filter: string; share_name: string; qos: number },
      ) => [each.topic_filter, each.share_name, each.qos]),
      [["$share/g/a/#", "g", 1], ["a/+", null, 1]],
    );
    assertEquals(
      (await get(given, "subscriptions?is_shared=true")).body.total,
      1,
    );
  });
});

Deno.test("What is published reaches clients, is retained, read and deleted", async () => {
  await withServer(async (given) => {
    await using subscriber = await client(given, "subscriber");
    const messages = subscriber.messages();
    await subscriber.subscribe("a/#", { qos: 2 });
    const published = await publish(given, {
      topic: "a/b",
      payload: "größe",
      qos: 2,
      retain: true,
      content_type: "text/plain",
      user_properties: [["k", "v"]],
    });
    assertEquals(await published.json(), { reason_code: 0, reason: "Success" });
    const { value } = await messages.next();
    assertEquals([value?.topicName, value?.text(), value?.qos], [
      "a/b",
      "größe",
      2,
    ]);
    assertEquals((await get(given, "retained/a%2Fb")).body, {
      topic: "a/b",
      qos: 2,
      payload_bytes: 7,
      expires_at: null,
      payload: "größe",
      payload_base64: "Z3LDtsOfZQ==",
      content_type: "text/plain",
      user_properties: [["k", "v"]],
    });
    const value2 = await given.request("/api/v1/topics/a%2Fb");
    assertEquals(
      [await value2.text(), value2.headers.get("content-type")],
      ["größe", "text/plain; charset=utf-8"],
    );
    const unescaped = await given.request("/api/v1/topics/a/b");
    assertEquals(await unescaped.text(), "größe");
    await (await publish(given, {
      topic: "c",
      payload_base64: "/wA=",
      retain: true,
    })).body?.cancel();
    const binary = await given.request("/api/v1/topics/c");
    assertEquals(
      [[...await binary.bytes()], binary.headers.get("content-type")],
      [[255, 0], "application/octet-stream"],
    );
    assertEquals((await get(given, "retained?filter=a/%2B")).body.items, [
      { topic: "a/b", qos: 2, payload_bytes: 7, expires_at: null },
    ]);
    assertEquals(await status(given, "DELETE", "retained/a%2Fb"), 204);
    assertEquals((await get(given, "retained/a%2Fb")).status, 404);
    assertEquals((await get(given, "topics/a%2Fb")).status, 404);
  });
});

const REFUSED: readonly [name: string, message: unknown, status: number][] = [
  ["a topic with a wildcard", { topic: "a/#" }, 400],
  ["a topic of the broker", { topic: "$SYS/x" }, 403],
  ["two payloads", { topic: "a", payload: "", payload_base64: "" }, 400],
  ["a key that there is not", { topic: "a", retained: true }, 400],
  ["no topic", {}, 400],
  ["a NUL in a property", { topic: "a", response_topic: "\0" }, 400],
  ["half a character", { topic: "a", content_type: "\ud800" }, 400],
  ["half a character in its topic", { topic: "a\ud800" }, 400],
  ["a long property", { topic: "a", content_type: "ö".repeat(40_000) }, 400],
];

for (const [name, message, expected] of REFUSED) {
  Deno.test(`Publishing with ${name} is refused with ${expected}`, async () => {
    await withServer(async (given) => {
      const response = await publish(given, message);
      assertEquals(response.status, expected);
      const { detail, remedy } = await response.json();
      assert(detail !== "" && remedy !== "");
    });
  });
}

Deno.test("Messages go by the rights of the user of the token", async () => {
  const rules = await Deno.makeTempFile();
  await Deno.writeTextFile(
    rules,
    "user admin\ntopic readwrite a/#\ntopic read b\n",
  );
  const { admin, auth } = defaultConfig();
  const address = { hostname: "127.0.0.1", port: 0 };
  await withServer(async (given) => {
    const statuses = [];
    for (const topic of ["a/x", "b", "c"]) {
      const published = await publish(given, {
        topic,
        retain: true,
        payload: "x",
      });
      await published.body?.cancel();
      const read = await given.request(
        `/api/v1/topics/${encodeURIComponent(topic)}`,
      );
      await read.body?.cancel();
      const live = await given.request(
        `/api/v1/topics/${encodeURIComponent(topic)}`,
        {
          headers: { accept: "text/event-stream" },
        },
      );
      await live.body?.cancel();
      statuses.push([published.status, read.status, live.status]);
    }
    assertEquals(statuses, [[200, 200, 200], [403, 404, 200], [403, 403, 403]]);
    const { detail } = await (await publish(given, { topic: "c" })).json();
    assertEquals(
      detail,
      'the user "admin" may not publish "c": no rule allows it, asked: ' +
        `acl_file (${rules})`,
    );
  }, {
    config: {
      admin: { ...admin, address },
      auth: { ...auth, aclFile: rules },
    },
  });
  await Deno.remove(rules);
});

Deno.test("Listeners and configuration are shown as they are", async () => {
  await withServer(async (given) => {
    const { body } = await get(given, "listeners");
    assertEquals(
      body.items.map((
        each: { type: string; address: string },
      ) => [each.type, each.address]),
      [
        ["tcp", `127.0.0.1:${given.mqttPort}`],
        ["admin", new URL(given.origin).host],
      ],
    );
    const config = (await get(given, "config")).body;
    assertEquals(config.limits.session_expiry_cap, "30d");
    assertEquals(config.limits.connect_timeout, "10s");
    assertEquals(config.limits.max_message_rate, "none");
    assertEquals(config.listeners[0].address, "127.0.0.1:0");
  });
});

Deno.test("A reload is asked for, and tells what it needs or what is wrong", async () => {
  await withServer(async (given) => {
    const reload = async () => {
      const response = await given.request("/api/v1/reload", {
        method: "POST",
      });
      return [response.status, await response.json()];
    };
    assertEquals(await reload(), [200, { restart_needed: [] }]);
    given.server.onReload(() => Promise.resolve(["limits.max_qos"]));
    assertEquals(await reload(), [200, { restart_needed: ["limits.max_qos"] }]);
    const rules = await Deno.makeTempFile();
    await Deno.writeTextFile(rules, "nonsense\n");
    const { auth } = defaultConfig();
    given.server.onReload(() =>
      given.server.reload({
        ...given.server.config,
        auth: { ...auth, aclFile: rules },
      })
    );
    const [code, problem] = await reload();
    assertEquals(code, 409);
    assertMatch(problem.detail, new RegExp(`${rules}:1`));
    await Deno.remove(rules);
  });
});

Deno.test("Plugins are shown with their state, their bounds and what they may do", async () => {
  const directory = await Deno.makeTempDir();
  const module = `${directory}/mine.js`;
  await Deno.writeTextFile(
    module,
    "export default { authorize: () => 'allow', onPublish() {} };\n",
  );
  const { plugins } = load(`
plugins:
  - name: mine
    module: ${module}
    options: { secret: s3cret }
    permissions: { net: [auth.example:443], messages: [t/#] }
`);
  await withServer(async (given) => {
    const { body } = await get(given, "plugins");
    assertEquals(body.items, [{
      name: "mine",
      module,
      is_running: true,
      hooks: ["authorize", "onPublish"],
      restarts: 0,
      last_failure: null,
      running_questions: 0,
      max_running: 256,
      waiting_questions: 0,
      max_queued: 10_000,
      calls: {
        authorize: {
          outcomes: {
            allow: 0,
            deny: 0,
            pass: 0,
            error: 0,
            timeout: 0,
            overload: 0,
            unavailable: 0,
          },
          p50_seconds: null,
          p99_seconds: null,
        },
      },
      messages: {
        taken: 0,
        failed: 0,
        late: 0,
        dropped: 0,
        waiting: 0,
        max_waiting: 100_000,
        waiting_bytes: 0,
        max_waiting_bytes: 16 * 1024 * 1024,
      },
      permissions: { net: ["auth.example:443"], messages: ["t/#"] },
    }]);
    const shown = await (await given.request("/api/v1/config")).text();
    assert(!shown.includes("s3cret"), shown);
  }, { config: { plugins } });
  await Deno.remove(directory, { recursive: true });
});

Deno.test("A publishing client that was kicked is replaced, by one for all", async () => {
  await withServer(async (given) => {
    const users = async () => {
      const { body } = await get(given, "clients?user=admin");
      return body.items.map(({ client_id }: { client_id: string }) =>
        client_id
      );
    };
    const publishThrice = async () => {
      for (
        const response of await Promise.all(
          ["a", "b", "c"].map((topic) => publish(given, { topic })),
        )
      ) {
        assertEquals(response.status, 200);
        await response.body?.cancel();
      }
    };
    await publishThrice();
    const [first, ...others] = await users();
    assertEquals(others, []);
    assertEquals(await status(given, "DELETE", `clients/${first}`), 204);
    await publishThrice();
    const [second, ...more] = await users();
    assertEquals(more, []);
    assert(second !== first);
  });
});
