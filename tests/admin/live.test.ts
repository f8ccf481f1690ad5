import { assertEquals, assertMatch } from "../_assert.ts";
import { defaultConfig } from "../../src/mod.ts";
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
