import { AnonymousAuthenticator } from "../../src/auth/anonymous.ts";
import { DecisionChain } from "../../src/auth/decision_chain.ts";
import type {
  AccessController,
  AccessVerdict,
  AuthenticationVerdict,
  Authenticator,
  Rules,
} from "../../src/auth/verdict.ts";
import { FakeClock } from "../broker/_fakes.ts";
import { LIMITS } from "../broker/_harness.ts";
import { assertEquals } from "../_assert.ts";
import { client, login } from "./_clients.ts";

const PASSES: AuthenticationVerdict = { answer: "pass" };

class Link implements Authenticator {
  readonly name: string;
  askedCount = 0;
  answer: AuthenticationVerdict | Promise<AuthenticationVerdict>;

  constructor(
    name: string,
    answer: AuthenticationVerdict | Promise<AuthenticationVerdict>,
  ) {
    this.name = name;
    this.answer = answer;
  }

  authenticate() {
    this.askedCount++;
    return this.answer;
  }

  isStillWelcome(): boolean {
    return true;
  }
}

class Control implements AccessController {
  readonly name = "control";
  readonly isTimeless = false;
  readonly isAsynchronous: boolean;
  askedCount = 0;
  verdict: AccessVerdict | null;

  constructor(verdict: AccessVerdict | null, isAsynchronous = false) {
    this.verdict = verdict;
    this.isAsynchronous = isAsynchronous;
  }

  decide() {
    this.askedCount++;
    return this.isAsynchronous ? Promise.resolve(this.verdict) : this.verdict;
  }
}

function chain(rules: Partial<Rules>, clock = new FakeClock()): DecisionChain {
  return new DecisionChain(
    { authenticators: [], controllers: [], ...rules },
    clock,
  );
}

function allowed(rule: string, expiresAtMs = Infinity): AccessVerdict {
  return { isAllowed: true, rule, expiresAtMs };
}

Deno.test("the first link that does not pass decides, at once or later", async () => {
  for (const isLater of [false, true]) {
    const later = (answer: AuthenticationVerdict) =>
      isLater ? Promise.resolve(answer) : answer;
    const links = [
      new Link("a", later(PASSES)),
      new Link("b", later({ answer: "deny", cause: "no" })),
      new Link("c", { answer: "allow" }),
    ];
    const result = await chain({ authenticators: links }).authenticate(
      login("u"),
    );
    assertEquals(result, { reasonCode: 0x86, cause: "b: no" });
    assertEquals(links.map(({ askedCount }) => askedCount), [1, 1, 0]);
  }
});

Deno.test("if all links pass, the answer is no", async () => {
  const all = chain({ authenticators: [new Link("a", PASSES)] });
  assertEquals((await all.authenticate(login("u"))).reasonCode, 0x86);
  assertEquals((await all.authenticate(login(null))).reasonCode, 0x87);
});

Deno.test("a login that a reload overtakes is judged by the new rules", async () => {
  const answer = Promise.withResolvers<AuthenticationVerdict>();
  const asked = chain({ authenticators: [new Link("a", answer.promise)] });
  const result = asked.authenticate(login("u"));
  const denies = new Link("b", { answer: "deny", cause: "gone" });
  asked.replace({ authenticators: [denies], controllers: [] });
  answer.resolve({ answer: "allow" });
  assertEquals((await result).cause, "b: gone");
});

Deno.test("a user name that nobody has checked is not gone by", async () => {
  const authenticators = [new AnonymousAuthenticator(true)];
  const free = await chain({ authenticators }).authenticate(login("root"));
  assertEquals(free.userName, "root");
  const controllers = [new Control(null)];
  const ruled = await chain({ authenticators, controllers })
    .authenticate(login("root"));
  assertEquals([ruled.reasonCode, ruled.userName], [0, null]);
});

Deno.test("without controllers everything is allowed, with them what one allows", () => {
  assertEquals(chain({}).lookup(client(), "publish", "a"), true);
  const passing = new Control(null);
  const allowing = new Control(allowed("here"));
  const some = chain({ controllers: [passing, allowing] });
  assertEquals(some.lookup(client(), "publish", "a"), true);
  assertEquals(some.explain(client(), "publish", "a"), "here");
  const none = chain({ controllers: [passing] });
  assertEquals(none.lookup(client(), "publish", "a"), false);
  assertEquals(
    none.explain(client(), "publish", "a"),
    "no rule allows it, asked: control",
  );
});

Deno.test("a controller is asked once for each client, action and topic", () => {
  const control = new Control(allowed("here"));
  const asked = chain({ controllers: [control] });
  const [first, second] = [client(), client()];
  for (let i = 0; i < 3; i++) {
    for (const topic of ["a", "b"]) asked.lookup(first, "publish", topic);
  }
  assertEquals(control.askedCount, 2);
  asked.lookup(first, "receive", "a");
  asked.lookup(second, "publish", "a");
  assertEquals(control.askedCount, 4);
});

Deno.test("a verdict is forgotten when it expires and when the rules change", () => {
  const clock = new FakeClock();
  const control = new Control(allowed("a", clock.nowMs() + 1_000));
  const asked = chain({ controllers: [control] }, clock);
  const who = client();
  asked.lookup(who, "publish", "t");
  clock.advance(999);
  asked.lookup(who, "publish", "t");
  assertEquals(control.askedCount, 1);
  clock.advance(1);
  control.verdict = { ...allowed("b"), isAllowed: false };
  assertEquals(asked.lookup(who, "publish", "t"), false);
  assertEquals(control.askedCount, 2);
  const other = new Control(allowed("c"));
  asked.replace({ authenticators: [], controllers: [other] });
  assertEquals(asked.lookup(who, "publish", "t"), true);
});

Deno.test("an asynchronous controller is asked by decide, and failing means no", async () => {
  const control = new Control(allowed("far"), true);
  const asked = chain({ controllers: [control] });
  const who = client();
  assertEquals(asked.lookup(who, "publish", "t"), null);
  await asked.decide(who, "publish", "t");
  assertEquals(asked.lookup(who, "publish", "t"), true);
  assertEquals(control.askedCount, 1);
  control.decide = () => Promise.reject(new Error("down"));
  await asked.decide(who, "publish", "u");
  assertEquals(asked.lookup(who, "publish", "u"), null);
});

Deno.test("a client remembers a bounded number of topics, the latest", () => {
  const control = new Control(allowed("here"));
  const asked = chain({ controllers: [control] });
  const who = client();
  const ask = (number: number) => asked.lookup(who, "publish", `t${number}`);
  for (let i = 0; i < 600; i++) {
    ask(i);
    ask(0);
  }
  assertEquals(control.askedCount, 600);
  for (let i = 400; i < 600; i++) ask(i);
  assertEquals(control.askedCount, 600);
  ask(1);
  assertEquals(control.askedCount, 601);
});

Deno.test("a question that is asked already is not asked again", async () => {
  const answer = Promise.withResolvers<AccessVerdict | null>();
  const control = new Control(null, true);
  control.decide = () => {
    control.askedCount++;
    return answer.promise;
  };
  const asked = chain({ controllers: [control] });
  const who = client();
  const answers = [1, 2].map(() => asked.decide(who, "receive", "t"));
  answer.resolve(allowed("far"));
  assertEquals(await Promise.all(answers), [true, true]);
  assertEquals(control.askedCount, 1);
});

Deno.test("a question that a reload overtakes is decided by the new rules", async () => {
  const answer = Promise.withResolvers<AccessVerdict | null>();
  const control = new Control(null, true);
  control.decide = () => answer.promise;
  const asked = chain({ controllers: [control] });
  const decided = asked.decide(client(), "publish", "t");
  asked.replace({ authenticators: [], controllers: [new Control(null)] });
  answer.resolve(allowed("old"));
  assertEquals(await decided, false);
});

Deno.test("a pass that expires takes the verdict behind it with it", async () => {
  const clock = new FakeClock();
  const passing = new Control(null, true);
  passing.decide = () => {
    passing.askedCount++;
    return Promise.resolve({
      isAllowed: null,
      expiresAtMs: clock.nowMs() + 1_000,
    } as never);
  };
  const asked = chain(
    { controllers: [passing, new Control(allowed("behind"))] },
    clock,
  );
  const who = client();
  assertEquals(await asked.decide(who, "publish", "t"), true);
  clock.advance(999);
  assertEquals(asked.lookup(who, "publish", "t"), true);
  clock.advance(1);
  assertEquals(asked.lookup(who, "publish", "t"), null);
});

Deno.test("a listener may have links of its own", async () => {
  const listener = (index: number) => ({ index, name: "", limits: LIMITS });
  const rules = chain({
    authenticators: [new Link("all", { answer: "deny", cause: "no" })],
    controllers: [new Control(null)],
    listeners: new Map([[1, {
      authenticators: [new Link("own", { answer: "allow" })],
      controllers: [],
    }]]),
  });
  const codes = [0, 1].map(async (index) =>
    (await rules.authenticate({ ...login("u"), listener: listener(index) }))
      .reasonCode
  );
  assertEquals(await Promise.all(codes), [0x86, 0]);
  const answers = [0, 1].map((index) =>
    rules.lookup({ ...client(), listener: listener(index) }, "publish", "t")
  );
  assertEquals(answers, [false, true]);
});

Deno.test("an action that no controller is about is allowed", () => {
  const control: AccessController = {
    name: "c",
    isTimeless: true,
    isAsynchronous: false,
    actions: ["publish"],
    decide: () => null,
  };
  const asked = chain({ controllers: [control] });
  assertEquals(asked.lookup(client(), "publish", "t"), false);
  assertEquals(asked.lookup(client(), "receive", "t"), true);
  assertEquals(asked.receiveControl, "none");
});
