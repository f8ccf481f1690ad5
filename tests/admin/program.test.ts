import { assertEquals, assertMatch } from "../_assert.ts";

const MAIN = new URL("../../main.ts", import.meta.url);

/** Runs a program to its end. */
async function output(command: string, args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    output: decoder.decode(stdout),
    errors: decoder.decode(stderr),
  };
}

const rqtt = (...args: string[]) =>
  output(Deno.execPath(), ["run", "-A", MAIN.href, ...args]);

/** The broker as a program, with one port for all it serves; stops afterwards. */
async function withProgram(
  use: (given: { port: string; tokenFile: string }) => Promise<void>,
) {
  const directory = await Deno.makeTempDir();
  const tokenFile = `${directory}/tokens`;
  const config = `${directory}/rqtt.yaml`;
  await Deno.writeTextFile(
    config,
    "listeners: [{ type: auto, address: 127.0.0.1:0, admin: true }]\n" +
      `admin: { token_file: ${tokenFile} }\n`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN.href, "--config", config],
    env: { NO_COLOR: "1", RQTT_LOG_FORMAT: "text" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let log = "";
  while (!/127\.0\.0\.1:(\d+) for auto\n/.test(log)) {
    const { done, value } = await lines.read();
    if (done) throw new Error(`Cannot start: ${log}`);
    log += value;
  }
  const [, port] = /127\.0\.0\.1:(\d+) for auto\n/.exec(log)!;
  const reading = (async () => {
    for (;;) if ((await lines.read()).done) return;
  })();
  try {
    await use({ port, tokenFile });
  } finally {
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0);
    await reading;
    await Deno.remove(directory, { recursive: true });
  }
}

const hasCurl = (await output("curl", ["--version"]).catch(() => null)) !==
  null;

Deno.test({
  name: "The program is looked after with curl and ctl over its only port",
  ignore: !hasCurl,
  async fn() {
    await withProgram(async ({ port, tokenFile }) => {
      const origin = `http://127.0.0.1:${port}`;
      const [, token] = /^write admin (\S+)$/m.exec(
        await Deno.readTextFile(tokenFile),
      )!;
      const bearer = ["-H", `Authorization: Bearer ${token}`];
      const curl = (...args: string[]) =>
        output("curl", ["--silent", "--show-error", ...args]);
      assertEquals((await curl(`${origin}/readyz`)).output, "ok\n");
      const refused = await curl("--fail", `${origin}/api/v1/clients`);
      assertEquals(refused.code, 22);
      // Without a body's type of its own curl says that it is a form.
      const form = await curl(
        ...bearer,
        "-d",
        '{"topic":"a/b"}',
        `${origin}/api/v1/publish`,
      );
      assertEquals(JSON.parse(form.output).status, 415);
      // Long enough that curl asks before it sends it.
      const payload = "x".repeat(1_200_000);
      const body = `${tokenFile}.json`;
      await Deno.writeTextFile(
        body,
        JSON.stringify({ topic: "a/b", payload: "x" + payload, retain: true }),
      );
      const large = await curl(
        ...bearer,
        "-H",
        "Content-Type: application/json",
        "--data-binary",
        `@${body}`,
        `${origin}/api/v1/publish`,
      );
      assertEquals(JSON.parse(large.output).status, 413);
      const published = await curl(
        ...bearer,
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"topic":"a/b","payload":"21.5","retain":true}',
        `${origin}/api/v1/publish`,
      );
      assertEquals(
        published.output,
        '{"reason_code":16,"reason":"No matching subscribers"}',
      );
      assertEquals(
        (await curl(...bearer, `${origin}/api/v1/topics/a%2Fb`)).output,
        "21.5",
      );
      const ctl = (...args: string[]) =>
        rqtt("ctl", "--url", origin, "--token-file", tokenFile, ...args);
      assertEquals(await ctl("retained", "get", "a/b"), {
        code: 0,
        output: "21.5\n",
        errors: "",
      });
      assertMatch((await ctl("clients")).output, /\nauto-\w+ +admin +admin +5/);
      assertEquals((await ctl("reload")).output, "reloaded\n");
      assertEquals((await ctl("kick", "nobody")).code, 1);
    });
  },
});
