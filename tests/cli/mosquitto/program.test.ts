import { type Client, connect } from "../../../src/client/mod.ts";
import { defaultConfig } from "../../../src/config/mod.ts";
import { Server } from "../../../src/server.ts";
import { assertEquals } from "../../_assert.ts";
import { PROGRAM } from "../../_program.ts";

interface Given {
  readonly client: Client;
  readonly start: (...args: string[]) => Deno.ChildProcess;
}

/** A broker, a client that is connected, and how to start the real program. */
async function withBroker(use: (given: Given) => Promise<void>): Promise<void> {
  const defaults = defaultConfig();
  const server = await Server.start({
    config: {
      ...defaults,
      listeners: [{
        ...defaults.listeners[0],
        port: 0,
      }] as typeof defaults.listeners,
    },
  });
  try {
    const [{ port }] = server.addresses as { port: number }[];
    await using client = await connect(`mqtt://127.0.0.1:${port}`);
    const [program, ...first] = PROGRAM;
    await use({
      client,
      start: (...args) =>
        new Deno.Command(program, {
          args: [...first, ...args, "-p", String(port)],
          stdin: "piped",
          stdout: "piped",
          stderr: "inherit",
        }).spawn(),
    });
  } finally {
    await server.stop();
  }
}

Deno.test("rqtt pub -l sends each line when it is there", () =>
  withBroker(async ({ client, start }) => {
    const messages = client.messages("lines");
    await client.subscribe("lines", { qos: 1 });
    const child = start("pub", "-l", "-t", "lines", "-q", "1");
    const input = child.stdin.getWriter();
    for (const line of ["one", "two", "three"]) {
      await input.write(new TextEncoder().encode(`${line}\n`));
      const { value } = await messages.next();
      assertEquals(value?.text(), line);
    }
    await input.close();
    await child.stdout.cancel();
    assertEquals((await child.status).code, 0);
  }));

Deno.test("rqtt pub --repeat-delay waits between two messages", () =>
  withBroker(async ({ client, start }) => {
    const messages = client.messages("again");
    await client.subscribe("again", { qos: 1 });
    const child = start(
      ..."pub -t again -m x -q 1 --repeat 2 --repeat-delay 3600".split(" "),
    );
    assertEquals((await messages.next()).value?.text(), "x");
    // The program has its PUBACK and would have sent the second one by then.
    for (const marker of ["a", "b", "c"]) {
      await client.publish("again", marker, { qos: 1 });
      assertEquals((await messages.next()).value?.text(), marker);
    }
    child.kill("SIGKILL");
    await child.stdout.cancel();
    await child.stdin.close();
    await child.status;
  }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`rqtt sub leaves with ${signal}, and its Will is published`, () =>
    withBroker(async ({ client, start }) => {
      const wills = client.messages("wills");
      await client.subscribe("wills", { qos: 1 });
      const child = start(
        ..."sub -t words -q 1 -V 5 --will-topic wills --will-payload gone"
          .split(" "),
      );
      const output = child.stdout.pipeThrough(new TextDecoderStream())
        .getReader();
      let isHeard = false;
      const heard = output.read().then(({ value }) => {
        isHeard = true;
        return value;
      });
      // Until it has subscribed nobody hears it.
      while (!isHeard) await client.publish("words", "hello", { qos: 1 });
      assertEquals((await heard)?.startsWith("hello\n"), true);
      child.kill(signal);
      while (!(await output.read()).done);
      await child.stdin.close();
      assertEquals((await child.status).code, 0);
      assertEquals((await wills.next()).value?.text(), "gone");
    }));
}

Deno.test("rqtt sub ends when nobody reads what it prints", () =>
  withBroker(async ({ client, start }) => {
    const child = start("sub", "-t", "words", "-q", "1");
    const output = child.stdout.getReader();
    let isHeard = false;
    const heard = output.read().then(() => isHeard = true);
    while (!isHeard) await client.publish("words", "hello", { qos: 1 });
    await heard;
    await output.cancel();
    let isOver = false;
    const ended = child.status.then((status) => {
      isOver = true;
      return status;
    });
    while (!isOver) await client.publish("words", "hello", { qos: 1 });
    assertEquals((await ended).code, 1);
    await child.stdin.close();
  }));
