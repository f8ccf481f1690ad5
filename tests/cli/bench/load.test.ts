import { runLoad } from "../../../src/cli/bench/run_load.ts";
import { parseLoadOptions } from "../../../bench/load.ts";
import type { LoadResult } from "../../../src/cli/bench/report.ts";
import { command } from "../../../src/cli/commands/bench.ts";
import { fakeSurroundings } from "../_surroundings.ts";
import { runRelay } from "../../../bench/relay.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../../_assert.ts";

/** Runs a load against a relay of its own. */
async function runAgainstRelay(...args: string[]): Promise<LoadResult> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const relay = runRelay(listener);
  try {
    return await runLoad(
      parseLoadOptions([...args, "--port", String(listener.addr.port)]),
    );
  } finally {
    listener.close();
    await relay;
  }
}

Deno.test("every message of every shape of load arrives once", async () => {
  const shapes: [string, number][] = [
    ["--qos 0", 3000],
    ["--qos 0 --version 5", 3000],
    ["--qos 0 --subscribers 3", 9000],
    ["--qos 0 --publishers 4", 3000],
    ["--qos 0 --payload 70000 --messages 100", 100],
    ["--qos 0 --max-outstanding 10", 3000],
    ["--qos 1", 3000],
    ["--qos 1 --window 7 --version 5", 3000],
    ["--qos 1 --publishers 3 --topics 3", 3000],
    ["--qos 2", 3000],
    ["--qos 2 --window 1 --messages 100", 100],
  ];
  for (const [shape, deliveries] of shapes) {
    const messages = shape.includes("--messages") ? [] : ["--messages", "3000"];
    const result = await runAgainstRelay(...shape.split(" "), ...messages);
    assert(result.mode === "throughput");
    assertEquals(result.counted, deliveries, shape);
    assertEquals(result.lost, 0, shape);
    assertEquals(result.duplicates, 0, shape);
    assertEquals(result.refused, 0, shape);
  }
});

Deno.test("puback counts acknowledgements", async () => {
  const result = await runAgainstRelay(
    ...["--mode", "puback", "--messages", "1234"],
  );
  assert(result.mode === "throughput");
  assertEquals(result.counted, 1234);
});

Deno.test("a storm opens every connection it was asked for", async () => {
  const result = await runAgainstRelay(
    ...["--mode", "storm", "--connections", "50", "--concurrency", "8"],
  );
  assert(result.mode === "storm");
  assertEquals(result.connections, 50);
  assert(result.latencyMs.p50 > 0);
});

Deno.test("a broker that is not there is named", async () => {
  await assertRejects(
    () => runLoad(parseLoadOptions(["--port", "1"])),
    Error,
    "Cannot reach 127.0.0.1:1: ",
  );
});

Deno.test("rqtt bench prints one line, and JSON if it is asked to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const relay = runRelay(listener);
  const { surroundings, output } = fakeSurroundings({ now: Date.now });
  const args = ["--messages", "500", "--json", "--port"];
  assertEquals(
    await command.run([...args, String(listener.addr.port)], surroundings),
    0,
  );
  listener.close();
  await relay;
  assertEquals(output.length, 2);
  assertMatch(output[0], /^1→1 QoS 0 64 B: .* deliveries\/s .* 0 lost/);
  assertEquals(JSON.parse(output[1]).counted, 500);
});

Deno.test("a server that closes ends the run with the reason", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const closing = listener.accept().then(async (connection) => {
    await connection.read(new Uint8Array(512));
    connection.close();
  });
  await assertRejects(
    () => runLoad(parseLoadOptions(["--port", String(port)])),
    Error,
    "the server closed instead of sending packet 2",
  );
  await closing;
});

Deno.test({
  name: "a run that takes too long ends with the reason",
  // The run is given up where it stands; the program then exits.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const accepting = listener.accept();
    const args = ["--port", String(port), "--timeout", "0.01"];
    await assertRejects(
      () => runLoad(parseLoadOptions(args)),
      Error,
      "0.01 s are over",
    );
    (await accepting).close();
  },
});
