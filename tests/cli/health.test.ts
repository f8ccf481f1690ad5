import { healthUrl } from "../../src/cli/commands/health.ts";
import { run } from "../../src/cli/run.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { assertEquals, assertMatch, assertThrows } from "../_assert.ts";
import { fakeSurroundings } from "./_surroundings.ts";

const CASES: readonly [yaml: string, url: string][] = [
  ["admin: { address: 127.0.0.1:9883 }", "http://127.0.0.1:9883/readyz"],
  [
    'admin: { address: "[::]:9883", token_file: t }',
    "http://[::1]:9883/readyz",
  ],
  [
    "listeners: [{}, { type: auto, address: 0.0.0.0:80 }]\n" +
    "auth: { allow_anonymous: true }",
    "http://127.0.0.1:80/healthz",
  ],
];

for (const [yaml, url] of CASES) {
  Deno.test(`The health of ${yaml.split("\n")[0]} is at ${url}`, () => {
    assertEquals(healthUrl(configOf(yaml)), url);
  });
}

Deno.test("A configuration that answers no HTTP has no health to ask for", () => {
  assertThrows(() => healthUrl(configOf("")), Error, "--url");
});

for (
  const [status, text, expected] of [
    [200, "ok\n", { exitCode: 0, output: ["ok"], told: "" }],
    [503, "stopping\n", { exitCode: 1, output: [], told: "503: stopping" }],
  ] as const
) {
  Deno.test(`rqtt health ends with ${expected.exitCode} after ${status}`, async () => {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(text, { status }),
    );
    const url = `http://127.0.0.1:${server.addr.port}/readyz`;
    const { surroundings, output, errors } = fakeSurroundings({
      args: ["health", "--url", url],
    });
    assertEquals(await run(surroundings), expected.exitCode);
    assertEquals(output, [...expected.output]);
    assertMatch(errors.join(), new RegExp(expected.told));
    await server.shutdown();
  });
}

Deno.test("rqtt health ends with 1 if nothing listens there", async () => {
  const { surroundings, errors } = fakeSurroundings({
    args: ["health", "--url", "http://127.0.0.1:1/readyz"],
  });
  assertEquals(await run(surroundings), 1);
  assertMatch(
    errors[0],
    /^Cannot ask http:\/\/127\.0\.0\.1:1\/readyz: .*REFUSED/i,
  );
});

Deno.test("rqtt health does not mind how files are that the configuration names", async () => {
  const { surroundings, errors } = fakeSurroundings({
    args: ["health", "--config", "rqtt.yaml"],
    readTextFile(path) {
      if (path !== "rqtt.yaml") throw new Deno.errors.NotFound();
      return "admin: { address: 127.0.0.1:1 }\nauth: { ban_file: bans }";
    },
  });
  assertEquals(await run(surroundings), 1);
  assertMatch(errors[0], /^Cannot ask http:\/\/127\.0\.0\.1:1\/readyz: /);
});

function configOf(yaml: string) {
  return loadConfig({
    file: "rqtt.yaml",
    environment: {},
    flags: {},
    readTextFile: () => yaml,
  });
}
