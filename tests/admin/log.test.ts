import { assert, assertEquals, assertMatch } from "../_assert.ts";
import { connect } from "../../src/client/mod.ts";
import { LogObserver } from "../../src/cli/log_observer.ts";
import { MAXIMUM_KEPT_LINES } from "../../src/cli/log_ring.ts";
import { makeLogger } from "../_logger.ts";
import { type Given, withServer } from "./_server.ts";

function set({ request }: Given, body: unknown): Promise<Response> {
  return request("/api/v1/log", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Reads from a stream until `pattern` is there. */
async function readUntil(response: Response, pattern: RegExp) {
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  while (!pattern.test(text)) {
    const { done, value } = await reader.read();
    assert(!done, `ended before ${pattern}: ${text}`);
    text += value;
  }
  await reader.cancel();
  return text;
}

Deno.test("A filter shows more of one client, and nothing more of others", async () => {
  const { logger, lines } = makeLogger();
  await withServer(async (given) => {
    logger.level = "error";
    const seconds = 60;
    const response = await set(given, {
      filters: [{ client_id: "watched", seconds }],
    });
    const { level, filters: [filter] } = await response.json();
    assertEquals([level, filter.level], ["error", "debug"]);
    assert(Date.parse(filter.expires_at) <= Date.now() + seconds * 1_000);
    for (const clientIdentifier of ["watched", "other"]) {
      await using client = await connect(
        `mqtt://127.0.0.1:${given.mqttPort}`,
        { clientIdentifier, reconnect: false },
      );
      await client.subscribe("a\u00ad/#");
      await client.unsubscribe("a\u00ad/#");
    }
    const shown = lines.map((line) => line.slice(25));
    assertMatch(shown[0], /^info {2}client connected client=watched /);
    assertEquals(shown.slice(1, 3), [
      'debug subscribed client=watched filter="a\\u00ad/#" qos=0',
      'debug unsubscribed client=watched filter="a\\u00ad/#"',
    ]);
    assert(lines.every((line) => !line.includes("other")), lines.join("\n"));
  }, { logControl: logger, observer: new LogObserver(logger) });
});

const WRONG: readonly [body: unknown, told: RegExp][] = [
  [{ filters: [{ level: "debug" }] }, /expected client_id, user or address/],
  [{ filters: [{ user: "a", seconds: 86_401 }] }, /seconds/],
  [{ filters: Array(33).fill({ user: "a" }) }, /filters/],
  [{ level: "loud" }, /level/],
  [{ levels: "info" }, /levels/],
];

for (const [body, told] of WRONG) {
  Deno.test(`${JSON.stringify(body).slice(0, 60)} is no change of the log`, async () => {
    const { logger } = makeLogger();
    await withServer(async (given) => {
      const response = await set(given, body);
      assertEquals(response.status, 400);
      assertMatch((await response.json()).detail, told);
      assertEquals([logger.level, logger.filters], ["info", []]);
    }, { logControl: logger });
  });
}

Deno.test("The tail begins with the last lines and goes on with new ones", async () => {
  const { logger } = makeLogger();
  await withServer(async ({ request }) => {
    for (const message of ["a", "b", "c"]) logger.info(message);
    const response = await request("/api/v1/log/tail?lines=2");
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    logger.warn("d");
    const text = await readUntil(response, /"d"/);
    const messages = [...text.matchAll(/^data: (.*)$/gm)]
      .map(([, data]) => JSON.parse(data).message);
    assertEquals(messages, ["b", "c", "d"]);
    const again = await request("/api/v1/log/tail", {
      headers: {
        "last-event-id": /^id: (\d+)\nevent: line\ndata:.*"c"/m.exec(
          text,
        )![1],
      },
    });
    const rest = await readUntil(again, /^data: /m);
    assertMatch(rest, /^retry: 2000\n\nid: 4\nevent: line\ndata: .*"d"/);
  }, { logControl: logger });
});

Deno.test("Whoever reads the tail too slowly is told how much is missing", async () => {
  const { logger } = makeLogger();
  await withServer(async ({ request }) => {
    logger.info("first");
    for (let i = 0; i < MAXIMUM_KEPT_LINES + 2; i++) logger.info(`line ${i}`);
    const response = await request("/api/v1/log/tail", {
      headers: { "last-event-id": "1" },
    });
    const text = await readUntil(response, /^event: line/m);
    assertMatch(text, /^retry: 2000\n\nevent: dropped\ndata: {"count":2}\n\n/);
  }, { logControl: logger });
});

Deno.test("A stop of the broker ends the tail, and one that is left frees its place", async () => {
  const { logger } = makeLogger();
  await withServer(async ({ request, server }) => {
    const { maximumStreams } = server.config.admin;
    const open = () => request("/api/v1/log/tail");
    const streams = [];
    for (let i = 0; i < maximumStreams; i++) streams.push(await open());
    const refused = await open();
    assertEquals(refused.status, 503);
    assertMatch((await refused.json()).remedy, /admin\.max_streams/);
    await streams.pop()!.body!.cancel();
    let next = await open();
    while (next.status === 503) {
      await next.body?.cancel();
      next = await open();
    }
    streams.push(next);
    await server.stop();
    for (const each of streams) await each.text();
  }, { logControl: logger });
});

Deno.test("The last lines are listed, those behind one only if asked", async () => {
  const { logger } = makeLogger();
  await withServer(async ({ request }) => {
    const list = async (query: string) => {
      const response = await request(`/api/v1/log/lines${query}`);
      return (await response.json()).items;
    };
    assertEquals(await list(""), []);
    for (let i = 1; i <= 250; i++) {
      logger.tail.add({ json: "{}", text: `line ${i}` });
    }
    const items = await list("");
    assertEquals(items.length, 200);
    assertEquals(items[0], { sequence: 51, text: "line 51" });
    assertEquals(await list("?after=249"), [
      { sequence: 250, text: "line 250" },
    ]);
    assertEquals(await list("?after=250"), []);
  }, { logControl: logger });
});

Deno.test("A broker without a log of its own says so", async () => {
  await withServer(async ({ request }) => {
    const response = await request("/api/v1/log/tail");
    assertEquals(response.status, 404);
    await response.body?.cancel();
  });
});
