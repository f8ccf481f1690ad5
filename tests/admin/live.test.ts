import { assert, assertEquals, assertMatch } from "../_assert.ts";
import { defaultConfig, DropReason } from "../../src/mod.ts";
import { type Given, withServer } from "./_server.ts";

/** The events of one live subscription, as text, one at a time. */
async function subscribe(given: Given, filter: string) {
  const abort = new AbortController();
  const response = await given.request(
    `/api/v1/topics/${encodeURIComponent(filter)}`,
    { headers: { accept: "text/event-stream" }, signal: abort.signal },
  );
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  return {
    abort,
    async next(): Promise<string | null> {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          return event;
        }
        const { done, value } = await reader.read();
        if (done) return null;
        text += value;
      }
    },
  };
}

async function publish(given: Given, message: Record<string, unknown>) {
  const response = await given.request("/api/v1/publish", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message),
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
}

Deno.test("A live subscription begins with what is retained and goes on with what comes", async () => {
  await withServer(async (given) => {
    await publish(given, { topic: "a/1", payload: "old", retain: true });
    const events = await subscribe(given, "a/#");
    assertEquals(await events.next(), "retry: 2000");
    assertEquals(
      await events.next(),
      'event: message\ndata: {"topic":"a/1","payload":"old","retain":true}',
    );
    await publish(given, {
      topic: "a/2",
      payload_base64: "/w==",
      user_properties: [["k", "v\n"]],
    });
    assertEquals(
      await events.next(),
      'event: message\ndata: {"topic":"a/2","payload_base64":"/w==",' +
        '"retain":false,"user_properties":[["k","v\\n"]]}',
    );
    const clients = await given.request("/api/v1/clients?user=admin");
    const { items } = await clients.json();
    assertEquals(items.length, 2);
    events.abort.abort();
  });
});

Deno.test("A live subscription ends with the server, and tells so", async () => {
  await withServer(async (given) => {
    const events = await subscribe(given, "a");
    await events.next();
    await given.server.stop();
    const last = await events.next();
    if (last !== null) assertMatch(last, /^event: end\n/);
  });
});

Deno.test("A client that is kicked ends its live subscription", async () => {
  await withServer(async (given) => {
    const events = await subscribe(given, "a");
    await events.next();
    const clients = await given.request("/api/v1/clients");
    const { items: [{ client_id }] } = await clients.json();
    const kicked = await given.request(`/api/v1/clients/${client_id}`, {
      method: "DELETE",
    });
    assertEquals(kicked.status, 204);
    assertMatch(`${await events.next()}`, /^event: end\n/);
    assertEquals(await events.next(), null);
  });
});

Deno.test("Live subscriptions are bounded in number", async () => {
  const { admin } = defaultConfig();
  const address = { hostname: "127.0.0.1", port: 0 };
  await withServer(async (given) => {
    const events = await subscribe(given, "a");
    await events.next();
    const refused = await given.request("/api/v1/topics/a", {
      headers: { accept: "text/event-stream" },
    });
    assertEquals(
      [refused.status, (await refused.json()).title],
      [503, "Too many streams"],
    );
    events.abort.abort();
  }, { config: { admin: { ...admin, address, maximumStreams: 1 } } });
});

Deno.test("HEAD opens no subscription that nobody would end", async () => {
  await withServer(async (given) => {
    const head = await given.request("/api/v1/topics/a", {
      method: "HEAD",
      headers: { accept: "text/event-stream" },
    });
    assertEquals(head.status, 200);
    const clients = await given.request("/api/v1/clients");
    assertEquals((await clients.json()).total, 0);
  });
});

Deno.test("A client that does not keep up loses messages, is told how many, and holds nobody up", async () => {
  await withServer(async (given) => {
    const { port } = given.server.adminAddress!;
    using socket = await Deno.connect({ hostname: "127.0.0.1", port });
    await socket.write(encode(
      "GET /api/v1/topics/a HTTP/1.1\r\nHost: localhost\r\n" +
        `Authorization: Bearer ${given.token}\r\n` +
        "Accept: text/event-stream\r\nConnection: close\r\n\r\n",
    ));
    const reader = socket.readable.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    const until = async (isReached: () => boolean) => {
      while (!isReached()) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
      }
    };
    await until(() => text.includes("retry: 2000"));
    await using publisher = await given.server.connect({ userName: "p" });
    // More than sockets and queues of the system hold, in parts that fit.
    const payload = "x".repeat(8_192);
    const count = 6_000;
    for (let index = 0; index < count; index++) {
      const { reasonCode } = await publisher.publish("a", payload, { qos: 1 });
      assertEquals(reasonCode, 0);
    }
    // The last one finds room once the client reads again.
    let lastCount = 0;
    const last = (async () => {
      while (!text.includes('"last"')) {
        lastCount++;
        await publisher.publish("a", "last", { qos: 1 });
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    await until(() => text.includes('"last"'));
    await last;
    const dropped = [...text.matchAll(/event: dropped\ndata: {"count":(\d+)}/g)]
      .reduce((sum, [, lost]) => sum + Number(lost), 0);
    const received = text.split(payload).length - 1;
    assert(dropped > 0, "nothing was dropped");
    // Some that were published as the last one may be among the lost ones.
    assert(dropped + received >= count);
    assert(dropped + received <= count + lastCount);
    // The broker itself has not found it slow, so no publisher has waited.
    const { statistics } = given.server.broker;
    assertEquals(statistics.dropped[DropReason.slowConsumer], 0);
  });
});

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
