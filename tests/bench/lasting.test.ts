import { parseLoadOptions } from "../../bench/load.ts";
import { runLoad } from "../../src/cli/bench/run_load.ts";
import type { LoadResult } from "../../src/cli/bench/report.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { Server } from "../../src/mod.ts";
import { assert, assertEquals, assertRejects } from "../_assert.ts";

/** Runs a load against a broker, which is then looked at. */
async function runAgainstBroker(
  args: string[],
  look: (server: Server, result: LoadResult) => void,
): Promise<void> {
  const config = defaultConfig();
  const [listener] = config.listeners;
  const server = await Server.start({
    config: {
      ...config,
      listeners: [{ ...listener, port: 0 } as typeof listener],
    },
  });
  try {
    const [address] = server.addresses;
    assert("port" in address);
    const options = parseLoadOptions([...args, "--port", `${address.port}`]);
    look(server, await runLoad(options));
  } finally {
    await server.stop();
  }
}

for (const version of ["4", "5"]) {
  Deno.test(`populate leaves sessions with subscriptions and messages, in version ${version}`, async () => {
    const sizes = ["--connections", "7", "--subscriptions", "3"];
    await runAgainstBroker([
      "--mode",
      "populate",
      ...sizes,
      "--messages",
      "16",
      "--window",
      "5",
      "--version",
      version,
    ], ({ broker }, result) => {
      assert(result.mode === "populate");
      assertEquals(broker.router.subscriptions.size, 21);
      const sessions = [...broker.sessions.values()]
        .filter(({ isPersistent }) => isPersistent);
      assertEquals(
        sessions.map(({ queue }) => queue.length).sort(),
        [2, 2, 2, 2, 2, 3, 3],
      );
    });
  });

  Deno.test(`drain takes all that waited, in version ${version}`, async () => {
    const args = ["--mode", "drain", "--messages", "900"];
    await runAgainstBroker(
      [...args, "--version", version],
      ({ broker }, result) => {
        assert(result.mode === "drain");
        assertEquals(result.messages, 900);
        assertEquals(broker.statistics.publishSent, 900);
      },
    );
  });
}

Deno.test("a message that the broker does not take ends populate with an error", async () => {
  const args = ["--mode", "populate", "--connections", "1", "--version", "5"];
  await assertRejects(
    () => runAgainstBroker([...args, "--messages", "2000"], () => {}),
    Error,
    "a message was refused with 151",
  );
});
