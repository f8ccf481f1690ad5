import type { PluginConfig } from "../../../../src/config/mod.ts";
import { PluginHost } from "../../../../src/auth/plugin/mod.ts";
import { assert, assertEquals, assertRejects } from "../../../_assert.ts";
import { PLUGIN, RecordingPluginObserver } from "../_plugins.ts";
import { WebServer } from "./_web.ts";

/** In a test Deno checks the types of a Worker before it runs. */
const PATIENT = { startTimeoutMs: 120_000 };

function start(
  options: Record<string, unknown>,
  net: readonly string[],
  { env = [], limits, observer = new RecordingPluginObserver() }: {
    env?: readonly string[];
    limits?: Partial<PluginConfig>;
    observer?: RecordingPluginObserver;
  } = {},
): Promise<PluginHost> {
  return PluginHost.start(
    {
      ...PLUGIN,
      ...limits,
      name: "webhook",
      module: "rqtt:webhook",
      options,
      permissions: { ...PLUGIN.permissions, net, env },
    },
    observer,
    PATIENT,
  );
}

async function authorize(host: PluginHost, topic: string) {
  const answer = await host.ask("authorize", {
    clientIdentifier: "c1",
    userName: "alice",
    remoteAddress: "127.0.0.1:1",
    action: "publish",
    topic,
  });
  return answer as { answer: string; reason: string; cacheSeconds: number };
}

Deno.test("webhook asks the service that the configuration grants it", async () => {
  await using web = new WebServer(async (request) => {
    const { topic } = await request.json();
    return new Response("", { status: topic === "a" ? 200 : 403 });
  });
  const host = await start({ acl_url: `${web.url}/acl` }, [web.host]);
  try {
    assertEquals((await authorize(host, "a")).answer, "allow");
    assertEquals((await authorize(host, "b")).answer, "deny");
    assertEquals((await authorize(host, "a")).answer, "allow");
    assertEquals(web.requests.length, 2);
    const [first, second] = web.requests;
    assertEquals(first.clientPort, second.clientPort, "not kept alive");
  } finally {
    host.stop();
  }
});

Deno.test("webhook asks so many questions at the same time as the configuration allows", async () => {
  let count = 0;
  let highest = 0;
  await using web = new WebServer(async () => {
    highest = Math.max(highest, ++count);
    await new Promise((resolve) => setTimeout(resolve, 10));
    count--;
    return new Response();
  });
  const host = await start({ acl_url: web.url }, [web.host], {
    limits: { maximumRunning: 3, maximumQueued: 5 },
  });
  try {
    const topics = Array.from({ length: 10 }, (_, i) => `t${i}`);
    const results = await Promise.allSettled(
      topics.map((topic) => authorize(host, topic)),
    );
    const answered = results.filter(({ status }) => status === "fulfilled");
    assertEquals([answered.length, highest], [8, 3]);
  } finally {
    host.stop();
  }
});

Deno.test("webhook does not start without the permission for the service, or for a variable", async () => {
  await using web = new WebServer(() => new Response());
  const { message } = await assertRejects(
    () => start({ acl_url: web.url }, ["127.0.0.1:1"]),
    Error,
  );
  assertEquals(
    message,
    `options.acl_url: add ${web.host} to permissions.net of the plugin`,
  );
  const headers = { authorization: "${HOME}" };
  const refused = await assertRejects(
    () => start({ acl_url: web.url, headers }, [web.host]),
    Error,
  );
  assert(refused.message.includes("HOME"), refused.message);
  (await start({ acl_url: web.url, headers }, [web.host], { env: ["HOME"] }))
    .stop();
  assertEquals(web.requests.length, 0);
});

Deno.test("a service that is slow, sends without end, sends elsewhere or is down means no, until it is well", async () => {
  const released = Promise.withResolvers<void>();
  await using elsewhere = new WebServer(() => new Response());
  const observer = new RecordingPluginObserver();
  const answers: [() => Response | Promise<Response>, string][] = [
    [
      () => released.promise.then(() => new Response()),
      "no answer within 2000 ms",
    ],
    [() => new Response(endless(released.promise)), "no answer within 2000 ms"],
    [() => new Response("x".repeat(17)), "the answer is over 16 bytes long"],
    [() => Response.redirect(elsewhere.url), "the answer is 302"],
  ];
  let port = 0;
  let host: PluginHost;
  {
    await using web = new WebServer(() => new Response());
    port = web.port;
    host = await start(
      { acl_url: web.url, request_timeout: "2s", max_answer_size: 16 },
      [web.host, elsewhere.host],
      { observer },
    );
    for (const [index, [answer, reason]] of answers.entries()) {
      web.answer = answer;
      const found = await authorize(host, `t${index}`);
      assertEquals([found.answer, found.cacheSeconds], ["deny", 1]);
      assert(found.reason.includes(reason), found.reason);
    }
    released.resolve();
  }
  try {
    const down = await authorize(host, "down");
    assertEquals(down.answer, "deny");
    await using _web = new WebServer(() => new Response(), port);
    assertEquals((await authorize(host, "down")).answer, "allow");
    assertEquals(elsewhere.requests.length, 0);
    assert(observer.lines.at(-1)!.includes("there are answers again"));
  } finally {
    host.stop();
  }
});

/** A body that begins and does not go on until `end`. */
function endless(end: Promise<void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(new Uint8Array(1));
      await end;
      // The other side has long given up.
      try {
        controller.close();
      } catch {
        // It was cancelled.
      }
    },
  });
}
