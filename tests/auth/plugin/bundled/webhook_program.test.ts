import { assert, assertEquals } from "../../../_assert.ts";
import { defineTest } from "../../../interop/_harness.ts";
import { mosquitto } from "../../../interop/_mosquitto.ts";
import { eventually, Program } from "./_program.ts";
import { WebServer } from "./_web.ts";

const SUCCESS = 0;
/** Taken, but nobody has subscribed to it. */
const NO_RECEIVERS = 0x10;
const BAD_CREDENTIALS = 0x86;
const NOT_AUTHORIZED = 0x87;
const UNAVAILABLE = 0x88;

function start(web: WebServer, options: string): Promise<Program> {
  return Program.start(
    `plugins:
  - name: web
    module: rqtt:webhook
    options:
      login_url: ${web.url}/user
      acl_url: ${web.url}/acl
      headers:
        authorization: Bearer \${RQTT_SECRET_WEB}
      ${options}
    permissions:
      net: ["${web.host}"]
      env: [RQTT_SECRET_WEB]
`,
    { environment: { RQTT_SECRET_WEB: "hidden" } },
  );
}

defineTest({
  name:
    "a web service as mosquitto-go-auth asks it decides about mosquitto_pub",
  needs: [mosquitto],
  async run() {
    await using web = new WebServer(async (request) => {
      const { username, password, topic, acc } = await request.json();
      const isRight = new URL(request.url).pathname === "/user"
        ? username === "alice" && password === "secret"
        : username === "alice" && topic === "a" && acc === 2;
      return Response.json({ ok: isRight, error: "" });
    });
    await using program = await start(web, "answer: json");
    const alice = { client: "c1", user: "alice", password: "secret" };
    const wrong = { ...alice, password: "wrong" };
    assertEquals(
      [
        await program.publish("a", alice),
        await program.publish("b", alice),
        await program.publish("a", wrong),
      ],
      [[SUCCESS, NO_RECEIVERS], [SUCCESS, NOT_AUTHORIZED], [
        BAD_CREDENTIALS,
        undefined,
      ]],
    );
    const { headers } = web.requests[0];
    assertEquals(headers.get("authorization"), "Bearer hidden");
    assert(!/hidden|secret/.test(program.broker.log()), program.broker.log());
  },
});

Deno.test("a web service as EMQX asks it gives MQTT.js its rights and its end", async () => {
  let endSeconds = 0;
  await using web = new WebServer(async (request) => {
    const { username, action } = await request.json();
    if (new URL(request.url).pathname === "/acl") {
      return Response.json({ result: action === "publish" ? "deny" : "allow" });
    }
    endSeconds ||= Math.floor(Date.now() / 1_000) + 4;
    return Response.json(
      username !== "alice" ? { result: "ignore" } : {
        result: "allow",
        expire_at: endSeconds,
        acl: [
          { permission: "allow", action: "publish", topic: "a/${clientid}" },
          { permission: "deny", action: "publish", topic: "#" },
          { permission: "allow", action: "subscribe", topic: "a/#" },
        ],
      },
    );
  });
  await using program = await start(web, "format: emqx");
  const alice = { clientId: "c1", username: "alice", password: "x" };
  await using client = await program.connect(alice);
  await client.subscribe(["a/#"], { qos: 1 });
  const publish = (topicName: string) =>
    client.publish({ topicName, payload: "x", qos: 1 });
  assertEquals([await publish("a/c1"), await publish("b")], [
    SUCCESS,
    NOT_AUTHORIZED,
  ]);
  assertEquals((await client.messages.next("the message")).topic, "a/c1");
  assertEquals(await client.disconnects.next("DISCONNECT"), NOT_AUTHORIZED);
  assert(Date.now() >= endSeconds * 1_000, "it was disconnected too early");
  const bob = { ...alice, username: "bob" };
  assertEquals(await program.refusal(bob), BAD_CREDENTIALS);
});

Deno.test("while the web service is slow, wrong or down nobody is let in, and who is in goes on", async () => {
  const alice = { clientId: "c1", username: "alice", password: "x" };
  const bob = { ...alice, clientId: "c2", username: "bob" };
  const held = Promise.withResolvers<void>();
  let port = 0;
  let program: Program;
  {
    await using web = new WebServer(() => new Response());
    port = web.port;
    program = await start(web, "cache: 1h");
  }
  await using stack = new AsyncDisposableStack();
  stack.use(program);
  assertEquals(await program.refusal(alice), UNAVAILABLE);
  {
    await using web = new WebServer(() => new Response(), port);
    await eventually(SUCCESS, () => program.refusal(alice));
    const client = stack.use(await program.connect(alice));
    await client.subscribe(["t"], { qos: 0 });
    const echo = async () => {
      await client.publish({ topicName: "t", payload: "x" });
      return (await client.messages.next("its own message")).topic;
    };
    // Once, so that its rights are known.
    assertEquals(await echo(), "t");

    web.answer = async () => {
      await held.promise;
      return new Response();
    };
    const slow = program.refusal(bob);
    for (let i = 0; i < 100; i++) assertEquals(await echo(), "t");
    assertEquals(await slow, UNAVAILABLE);
    held.resolve();

    web.answer = () => new Response("no", { status: 500 });
    assertEquals(await program.refusal(bob), UNAVAILABLE);
    web.answer = () => new Response("x".repeat(100_000));
    assertEquals(await program.refusal(bob), UNAVAILABLE);
    assertEquals(
      await client.publish({ topicName: "u", payload: "x", qos: 1 }),
      NOT_AUTHORIZED,
    );
    web.answer = () => new Response();
    await eventually(SUCCESS, () => program.refusal(bob));
  }
  const log = program.broker.log();
  assert(log.includes("no answer, so it is no"), log);
  assert(log.includes("there are answers again"), log);
});
