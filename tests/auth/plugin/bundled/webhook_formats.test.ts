import type { AccessAnswer, Login } from "../../../../src/auth/plugin/api.ts";
import {
  readHeaders,
  readWebhookOptions,
} from "../../../../src/auth/plugin/bundled/webhook/options.ts";
import { Webhook } from "../../../../src/auth/plugin/bundled/webhook/webhook.ts";
import { assert, assertEquals, assertThrows } from "../../../_assert.ts";

const test = (name: string, run: () => void | Promise<void>) =>
  Deno.test(name, { permissions: "none" }, run);

const LOGIN: Login = {
  clientIdentifier: "c1",
  userName: "alice",
  remoteAddress: "[2001:db8::1]:5000",
  listener: "",
  password: new TextEncoder().encode("s&cret"),
  protocolVersion: 5,
  cleanStart: true,
  keepAliveSeconds: 0,
  certificate: null,
  isVouched: false,
};

const QUESTION = { ...LOGIN, topic: "a/b", action: "publish" } as const;

/** A web service that answers with `answer`, and what it was sent. */
function given(
  options: Record<string, unknown>,
  answer: () => Response = () => new Response(),
) {
  const world = {
    answer,
    nowMs: 1_000_000,
    sent: [] as { path: string; body: unknown; type: string | null }[],
    lines: [] as string[],
  };
  const webhook = new Webhook(
    readWebhookOptions({
      login_url: "http://w.test/login?key=hidden",
      acl_url: "http://w.test/acl?key=hidden",
      ...options,
    }),
    {
      fetch(url, { body, headers }) {
        const text = String(body);
        const type = (headers as Headers).get("content-type");
        world.sent.push({
          path: new URL(url).pathname,
          body: type === "application/json" ? JSON.parse(text) : text,
          type,
        });
        try {
          return Promise.resolve(world.answer());
        } catch (error) {
          return Promise.reject(error);
        }
      },
      headers: new Headers({ authorization: "Bearer hidden" }),
      nowMs: () => world.nowMs,
      log: (level, text) => world.lines.push(`${level} ${text}`),
    },
  );
  return { world, webhook };
}

test("go-auth questions are those of mosquitto-go-auth", async () => {
  const { world, webhook } = given({ superuser_url: "http://w.test/super" });
  await webhook.authenticate(LOGIN);
  for (const action of ["publish", "receive", "subscribe"] as const) {
    await webhook.authorize({ ...QUESTION, action });
  }
  const access = { username: "alice", clientid: "c1", topic: "a/b" };
  // The user is asked about while the topic is.
  const sent = world.sent.toSorted((a, b) =>
    Number(a.path === "/super") - Number(b.path === "/super")
  );
  assertEquals(sent.map(({ path, body }) => [path, body]), [
    ["/login", { username: "alice", password: "s&cret", clientid: "c1" }],
    ["/acl", { ...access, acc: 2 }],
    ["/acl", { ...access, acc: 1 }],
    ["/acl", { ...access, acc: 4 }],
    ["/super", { username: "alice" }],
  ]);
});

test("questions may be forms, and nothing in them can be injected", async () => {
  const { world, webhook } = given({ body: "form" });
  await webhook.authenticate({ ...LOGIN, userName: "a&username=root" });
  assertEquals(world.sent[0], {
    path: "/login",
    body: "username=a%26username%3Droot&password=s%26cret&clientid=c1",
    type: "application/x-www-form-urlencoded",
  });
});

test("emqx questions are those of EMQX", async () => {
  const { world, webhook } = given({ format: "emqx" });
  await webhook.authenticate({ ...LOGIN, userName: null });
  await webhook.authorize(QUESTION);
  await webhook.authorize({ ...QUESTION, action: "receive" });
  const client = { clientid: "c1", peerhost: "2001:db8::1" };
  assertEquals(world.sent.map(({ body }) => body), [
    { ...client, username: null, password: "s&cret", cert_common_name: null },
    { ...client, username: "alice", topic: "a/b", action: "publish" },
    { ...client, username: "alice", topic: "a/b", action: "subscribe" },
  ]);
});

type Row = readonly [Record<string, unknown>, () => Response, string];

const json = (value: unknown) => () => Response.json(value);
const text = (value: string, status = 200) => () =>
  new Response(value, { status });

/** Options, an answer, and what it says of a right. */
const ANSWERS: readonly Row[] = [
  [{}, text("whatever"), "allow"],
  [{}, text("", 401), "deny"],
  [{}, text("", 404), "deny"],
  [{}, text("", 500), "failure"],
  [{}, text("", 429), "failure"],
  [{}, text("", 302), "failure"],
  [{}, () => new Response(null, { status: 204 }), "failure"],
  [{ answer: "json" }, json({ ok: true, error: "" }), "allow"],
  [{ answer: "json" }, json({ Ok: false }), "deny"],
  [{ answer: "json" }, json({ ok: "true" }), "failure"],
  [{ answer: "json" }, json([true]), "failure"],
  [{ answer: "json" }, text("{"), "failure"],
  [{ answer: "json" }, text('{"ok": true}', 500), "failure"],
  [{ answer: "text" }, text(" ok\n"), "allow"],
  [{ answer: "text" }, text("okay"), "deny"],
  [{ answer: "text" }, text("ok", 403), "deny"],
  [{ format: "emqx" }, json({ result: "allow" }), "allow"],
  [{ format: "emqx" }, json({ result: "deny" }), "deny"],
  [{ format: "emqx" }, json({ result: "ignore" }), "pass"],
  [{ format: "emqx" }, () => new Response(null, { status: 204 }), "allow"],
  [{ format: "emqx" }, json({ result: "ALLOW" }), "failure"],
  [{ format: "emqx" }, json({ result: "toString" }), "failure"],
  [{ format: "emqx" }, json({}), "failure"],
  [{ format: "emqx" }, json(null), "failure"],
  [{ format: "emqx" }, text(""), "failure"],
  [{ format: "emqx" }, text('{"result": "allow"}', 403), "failure"],
  [{ max_answer_size: 16 }, text("x".repeat(17)), "failure"],
  [{}, () => {
    throw new TypeError("refused for url (http://w.test/acl?key=hidden): no");
  }, "failure"],
];

for (const [options, answer, expected] of ANSWERS) {
  const { status } = { status: "thrown", ...tryStatus(answer) };
  const name = `${JSON.stringify(options)} ${status}`;
  test(`an answer is ${expected}: ${name} ${ANSWERS.findIndex((row) => row[1] === answer)}`, async () => {
    const { world, webhook } = given(options, answer);
    const access = await webhook.authorize(QUESTION) as Exclude<
      AccessAnswer,
      string
    >;
    const login = await webhook.authenticate(LOGIN);
    if (expected !== "failure") {
      assertEquals(access.answer as string, expected);
      const found = typeof login === "string" ? login : login.answer;
      assertEquals(found as string, expected);
      assertEquals(world.lines, []);
      return;
    }
    assertEquals([access.answer, access.cacheSeconds], ["deny", 1]);
    assert(typeof login === "object" && login.answer === "deny");
    assertEquals(login.reasonCode, 0x88);
    assertEquals(world.lines.length, 1);
    for (const line of [...world.lines, access.reason!, login.reason!]) {
      assert(line.includes("http://w.test/"), line);
      assert(!/hidden|s&cret/.test(line), line);
    }
  });
}

function tryStatus(answer: () => Response) {
  try {
    const { status } = answer();
    return { status };
  } catch {
    return {};
  }
}

test("an answer of EMQX may say how long, and what the client may do", async () => {
  const { world, webhook } = given({ format: "emqx" });
  const decide = async (answer: unknown) => {
    world.answer = json({ result: "allow", ...answer as object });
    return await webhook.authenticate(LOGIN);
  };
  assertEquals(await decide({ expire_at: 2_000, acl: { pub: ["a"] } }), {
    answer: "allow",
    rules: ["write a"],
    isFinal: true,
    expiresAtMs: 2_000_000,
  });
  assertEquals(await decide({ is_superuser: true, acl: [] }), {
    answer: "allow",
    rules: ["readwrite #", "read $SYS/#"],
    expiresAtMs: undefined,
  });
  for (
    const wrong of [
      { expire_at: 999 },
      { expire_at: "soon" },
      { acl: "all" },
      { acl: [{ permission: "allow", action: "all", topic: "a", qos: [0] }] },
      { is_superuser: "true" },
    ]
  ) {
    const answer = await decide(wrong);
    assert(typeof answer === "object" && answer.answer === "deny");
  }
});

test("a superuser may do what the access control list forbids", async () => {
  const { world, webhook } = given({ superuser_url: "http://w.test/super" });
  const answers = new Map([["/acl", 403], ["/super", 200]]);
  world.answer = () =>
    new Response("", { status: answers.get(world.sent.at(-1)!.path) });
  const { answer } = await webhook.authorize(QUESTION) as { answer: string };
  assertEquals(answer, "allow");
  answers.set("/super", 500);
  const other = { ...QUESTION, userName: "bob" };
  const denied = await webhook.authorize(other) as { answer: string };
  assertEquals(denied.answer, "deny");
});

test("answers hold as long as they say, or as the options say", async () => {
  for (const [control, seconds] of [["max-age=5", 5], [null, 60]] as const) {
    const headers = control === null
      ? undefined
      : { "cache-control": `private, ${control}` };
    const { world, webhook } = given(
      {},
      () => new Response("", { headers }),
    );
    const ask = async () =>
      (await webhook.authorize(QUESTION) as { cacheSeconds: number })
        .cacheSeconds;
    assertEquals(await ask(), seconds);
    world.nowMs += seconds * 1_000 - 1;
    assertEquals(await ask(), 0.001);
    assertEquals(world.sent.length, 1);
    world.nowMs++;
    assertEquals(await ask(), seconds);
    assertEquals(world.sent.length, 2);
  }
});

test("an answer that must not be stored is asked for each time", async () => {
  const { world, webhook } = given(
    { login_cache: "1m" },
    () => new Response("", { headers: { "cache-control": "no-store" } }),
  );
  for (let i = 0; i < 2; i++) {
    await webhook.authorize(QUESTION);
    await webhook.authenticate(LOGIN);
  }
  assertEquals(world.sent.length, 4);
});

test("a yes to a login is remembered for its password, if asked for, and a no never", async () => {
  const { world, webhook } = given({ login_cache: "1m" });
  await webhook.authenticate(LOGIN);
  await webhook.authenticate(LOGIN);
  assertEquals(world.sent.length, 1);
  await webhook.authenticate({ ...LOGIN, password: new Uint8Array([120]) });
  await webhook.authenticate({ ...LOGIN, clientIdentifier: "c2" });
  assertEquals(world.sent.length, 3);
  world.nowMs += 60_000;
  world.answer = text("", 401);
  await webhook.authenticate(LOGIN);
  await webhook.authenticate(LOGIN);
  assertEquals(world.sent.length, 5);
});

test("only so many answers are remembered", async () => {
  const { world, webhook } = given({ max_cached: 2 });
  const ask = (topic: string) => webhook.authorize({ ...QUESTION, topic });
  for (const topic of ["a", "b", "c", "c", "b", "a"]) await ask(topic);
  assertEquals(
    world.sent.map(({ body }) => (body as { topic: string }).topic),
    [
      "a",
      "b",
      "c",
      "a",
    ],
  );
});

test("a service that fails is told of once, and that it answers again", async () => {
  const { world, webhook } = given({}, text("", 500));
  for (let i = 0; i < 5; i++) await webhook.authenticate(LOGIN);
  world.nowMs += 60_000;
  await webhook.authenticate(LOGIN);
  world.answer = text("");
  await webhook.authenticate(LOGIN);
  assertEquals(world.lines, [
    ...new Array(2).fill(
      "error no answer, so it is no: Cannot use what http://w.test/login " +
        "answers: the answer is 500",
    ),
    "info there are answers again, after 6 failures",
  ]);
});

test("a password that is not text is wrong, and is not sent", async () => {
  const { world, webhook } = given({});
  const password = new Uint8Array([0xff]);
  const answer = await webhook.authenticate({ ...LOGIN, password });
  assert(typeof answer === "object" && answer.answer === "deny");
  assertEquals([answer.reasonCode, world.sent.length], [undefined, 0]);
});

test("without a URL for it, a question is passed on", async () => {
  const rights = given({ login_url: "none" });
  assertEquals(await rights.webhook.authenticate(LOGIN), "pass");
  const logins = given({ acl_url: "none" });
  assertEquals(await logins.webhook.authorize(QUESTION), "pass");
});

test("headers take secrets out of variables", () => {
  const read = (name: string) => name === "TOKEN" ? "abc" : undefined;
  const headers = readHeaders({ authorization: "Bearer ${TOKEN}" }, read);
  assertEquals(headers.get("authorization"), "Bearer abc");
  for (
    const [wrong, problem] of [
      [{ a: "${NONE}" }, "options.headers.a: NONE is not set"],
      [{ a: 5 }, "options.headers.a: expected text"],
      [{ a: "x\ny" }, "options.headers.a: expected what a header can have"],
    ] as const
  ) {
    const { message } = assertThrows(() => readHeaders(wrong, read), TypeError);
    assertEquals(message, problem);
  }
});

const WRONG_OPTIONS: readonly [Record<string, unknown>, string][] = [
  [{}, "options.login_url: expected login_url, acl_url or both"],
  [{ superuser_url: "http://a" }, "options.login_url: expected login_url"],
  [
    { login_url: "http://a", format: "emqx", superuser_url: "http://a" },
    "options.superuser_url: expected none",
  ],
  [{ login_url: "a" }, "options.login_url: expected a URL"],
  [{ login_url: "http://a", form: true }, "options.form: unknown key"],
];

for (const [options, problem] of WRONG_OPTIONS) {
  test(`options of webhook that do not fit are told: ${problem} ${Object.keys(options)}`, () => {
    const { message } = assertThrows(
      () => readWebhookOptions(options),
      TypeError,
    );
    assert(message.startsWith(problem), message);
  });
}
