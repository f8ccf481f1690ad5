import { assert, assertEquals } from "../_assert.ts";
import { RawClient } from "../conformance/_raw_client.ts";
import { outputOf } from "../interop/_child.ts";
import { defineTest } from "../interop/_harness.ts";
import { type Given, withServer } from "./_server.ts";

/** Publishes and receives one message of each QoS, and one that nobody may send. */
async function exchangeMessages({ mqttPort }: Given): Promise<void> {
  const address = { hostname: "127.0.0.1", port: mqttPort };
  const client = await RawClient.open(address, 5);
  await client.connect({ clientIdentifier: "c" });
  await client.subscribe("t", { options: 1 });
  for (const qos of [0, 1] as const) {
    const packetIdentifier = qos === 0 ? undefined : 7;
    await client.publish({ topic: "t", payload: "abc", qos, packetIdentifier });
  }
  await client.publish({ topic: "$SYS/forged", payload: "x" });
  await client.pending();
  client.close();
}

/** Numbers by the name with its labels. */
function parse(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
}

Deno.test("metrics tell what has happened", async () => {
  await withServer(async (given) => {
    await exchangeMessages(given);
    const response = await given.request("/metrics");
    assertEquals(response.status, 200);
    assertEquals(
      response.headers.get("content-type"),
      "text/plain; version=0.0.4; charset=utf-8",
    );
    const metrics = parse(await response.text());
    for (
      const [name, value] of Object.entries({
        "rqtt_connections_opened_total": 1,
        'rqtt_messages_received_total{qos="0"}': 2,
        'rqtt_messages_received_total{qos="1"}': 1,
        'rqtt_messages_sent_total{qos="0"}': 1,
        'rqtt_messages_sent_total{qos="1"}': 1,
        'rqtt_payload_sent_bytes_total{qos="1"}': 3,
        'rqtt_messages_dropped_total{reason="refused"}': 1,
        'rqtt_connections_over_limit_total{limit="max_sessions"}': 0,
        "rqtt_acknowledgement_seconds_count": 1,
        "rqtt_authentication_seconds_count": 1,
      })
    ) assertEquals([name, metrics.get(name)], [name, value]);
    // One measurement for what goes out in one write.
    const deliveries = metrics.get("rqtt_delivery_seconds_count") ?? 0;
    assert(deliveries === 1 || deliveries === 2, `${deliveries} deliveries`);
    assertEquals(
      metrics.get('rqtt_delivery_seconds_bucket{le="+Inf"}'),
      deliveries,
    );
    const resident = metrics.get('rqtt_memory_bytes{kind="resident"}');
    assert(resident !== undefined && resident > 10_000_000);
    assert((metrics.get("rqtt_cpu_seconds_total") ?? 0) > 0);
  });
});

Deno.test("metrics need a token", async () => {
  await withServer(async ({ origin }) => {
    const response = await fetch(`${origin}/metrics`);
    await response.body?.cancel();
    assertEquals(response.status, 401);
  });
});

Deno.test("a store tells its commits", async () => {
  const directory = await Deno.makeTempDir();
  const persistence = {
    path: `${directory}/store.db`,
    durability: "commit",
    relaxedIntervalMs: 200,
  } as const;
  await withServer(async (given) => {
    const address = { hostname: "127.0.0.1", port: given.mqttPort };
    const client = await RawClient.open(address, 5);
    await client.connect({ clientIdentifier: "c" });
    await client.publish({
      topic: "t",
      payload: "x",
      qos: 1,
      isRetained: true,
      packetIdentifier: 1,
    });
    await client.expect("PUBACK");
    client.close();
    const metrics = parse(await (await given.request("/metrics")).text());
    assertEquals(metrics.get("rqtt_store_commits_total"), 1);
    assertEquals(metrics.get("rqtt_store_commit_seconds_count"), 1);
    assertEquals(metrics.get("rqtt_store_failing"), 0);
    assert((metrics.get('rqtt_store_bytes{part="live"}') ?? 0) > 0);
    const overview = await (await given.request("/api/v1/overview")).json();
    assertEquals(overview.store.commits, 1);
  }, { config: { persistence } });
  await Deno.remove(directory, { recursive: true });
});

defineTest({
  name: "promtool finds nothing to say against the metrics",
  needs: [{
    whyMissing: outputOf("promtool", ["--version"]) === null
      ? "promtool is not installed"
      : null,
  }],
  async run() {
    await withServer(async (given) => {
      await exchangeMessages(given);
      const text = await (await given.request("/metrics")).text();
      const process = new Deno.Command("promtool", {
        args: ["check", "metrics"],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = process.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      const { code, stdout, stderr } = await process.output();
      const decoder = new TextDecoder();
      assertEquals(decoder.decode(stdout) + decoder.decode(stderr), "");
      assertEquals(code, 0);
    });
  },
});

Deno.test("the last drops are told, the newest first", async () => {
  await withServer(async (given) => {
    await exchangeMessages(given);
    const { items, totals } = await (await given.request("/api/v1/drops"))
      .json();
    assertEquals(totals.refused, 1);
    // The message that the client has not acknowledged may follow.
    const { sequence, reason, client_id, topic, count } = items.at(-1);
    assertEquals([sequence, reason, client_id, topic, count], [
      1,
      "refused",
      "c",
      "$SYS/forged",
      1,
    ]);
    const before = await given.request("/api/v1/drops?before=1");
    assertEquals((await before.json()).items, []);
  });
});

Deno.test("the overview counts what the metrics count", async () => {
  await withServer(async (given) => {
    await exchangeMessages(given);
    const overview = await (await given.request("/api/v1/overview")).json();
    assertEquals(
      [
        overview.messages_received,
        overview.messages_sent,
        overview.clients_maximum,
        overview.dropped.refused,
        overview.store,
      ],
      [3, 2, 1, 1, null],
    );
    assertEquals(overview.top_topics[0].name, "t");
    assertEquals(overview.top_clients[0].name, "c");
  });
});
