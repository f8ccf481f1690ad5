import { parseAccessRule } from "../../src/auth/access_rule.ts";
import { AclFile } from "../../src/auth/acl_file.ts";
import { FileError } from "../../src/auth/file_error.ts";
import { covers, overlaps } from "../../src/auth/filter_overlap.ts";
import { RolesFile } from "../../src/auth/roles_file.ts";
import type {
  AccessController,
  AccessVerdict,
} from "../../src/auth/verdict.ts";
import type { Action } from "../../src/broker/mod.ts";
import { matchesTopicFilter } from "../../src/topics/mod.ts";
import { assert, assertEquals, assertThrows } from "../_assert.ts";
import { client } from "./_clients.ts";

const options = { permissions: "none" } as const;

const ACL = `# rules of the plant
topic read public/#
user alice
topic plant/#
topic deny plant/secret
topic write log/a b
user bob
topic read plant/+/state
pattern readwrite devices/%c/#
pattern read users/%u/inbox
pattern deny devices/%c/locked
`;

/** `user action topic` and the line that decides, `-` if none. */
const DECISIONS: readonly [string, string][] = [
  ["- receive public/a", "+2"],
  ["- publish public/a", "-"],
  ["- publish devices/c1/x", "+9"],
  ["- receive users/-/inbox", "-"],
  ["alice receive public/a", "-"],
  ["alice publish plant/a", "+4"],
  ["alice publish plant/secret", "-5"],
  ["alice receive plant/secret", "-5"],
  ["alice publish log/a b", "+6"],
  ["alice receive log/a b", "-"],
  ["alice receive users/alice/inbox", "+10"],
  ["alice receive users/bob/inbox", "-"],
  ["alice publish devices/c1/locked", "-11"],
  ["alice publish devices/c2/x", "-"],
  ["bob receive plant/1/state", "+8"],
  ["bob publish plant/1/state", "-"],
  ["carol receive plant/1/state", "-"],
  ["bob subscribe plant/#", "+8"],
  ["bob subscribe other/#", "-"],
  ["alice subscribe plant/secret", "-5"],
  ["alice subscribe #", "+4"],
  ["bob subscribe $SYS/#", "-"],
  ["bob receive $SYS/x", "-"],
];

function decisionOf(rules: AccessController, question: string): string {
  const [user, action, ...topic] = question.split(" ");
  const verdict = rules.decide(
    client(user === "-" ? null : user),
    action as Action,
    topic.join(" "),
  );
  if (verdict instanceof Promise) throw new Error("not at once");
  if (verdict === null) return "-";
  return (verdict.isAllowed ? "+" : "-") + verdict.rule.split(":")[1];
}

for (const [question, decision] of DECISIONS) {
  Deno.test(`an ACL file decides: ${question}`, options, () => {
    assertEquals(decisionOf(new AclFile("acl", ACL), question), decision);
  });
}

const ACL_MISTAKES: readonly [string, string][] = [
  ["topic", "acl:1: expected a topic"],
  ["user", "acl:1: expected a user name"],
  [
    "topic deny\u00a0plant/secret",
    "acl:1: expected a plain space behind deny",
  ],
  [
    "\ntopic reed a",
    'acl:2: expected read, write, readwrite or deny, found "reed"',
  ],
  ["topic read a/#/b", 'acl:1: topic "a/#/b" has a level after "#"'],
  ["topics a", 'acl:1: expected user, topic or pattern, found "topics"'],
];

for (const [text, problem] of ACL_MISTAKES) {
  Deno.test(`a mistake is told by file and line: ${problem}`, options, () => {
    assertThrows(() => new AclFile("acl", text), FileError, problem);
  });
}

Deno.test(
  "a deny is one also if its topic has ends of lines in it",
  options,
  () => {
    for (const end of ["\n", "\r", "\u2028", "\u2029"]) {
      const rule = parseAccessRule(`deny a${end}b`, "acl:1");
      assertEquals(rule, {
        access: "deny",
        topicFilter: `a${end}b`,
        place: "acl:1",
      });
    }
  },
);

Deno.test("names with wildcards or levels open nothing", options, () => {
  const acl = new AclFile("acl", "pattern devices/%c/#\npattern free/#");
  const decide = (identifier: string, topic: string) =>
    acl.decide(client(null, identifier), "publish", topic)?.isAllowed ?? null;
  assertEquals(decide("a", "devices/a/b"), true);
  assertEquals(decide("+", "devices/a/b"), false);
  assertEquals(decide("#", "free/x"), false);
  assertEquals(decide("a/b", "devices/a/b/c"), null);
  assertEquals(decide("a/b", "free/x"), true);
  assertEquals(decide("$&", "devices/$&/x"), true);
});

Deno.test(
  "names that begin with $ open none of the broker's own topics",
  options,
  () => {
    const acl = new AclFile("acl", "pattern read %c/#\npattern read %u/#");
    const roles = new RolesFile("r", "roles: {d: [read %c/#]}\neveryone: [d]");
    for (const rules of [acl, roles]) {
      for (const action of ["subscribe", "receive"] as const) {
        const topic = action === "receive" ? "$SYS/uptime" : "$SYS/#";
        assertEquals(rules.decide(client("u", "$SYS"), action, topic), null);
        assertEquals(rules.decide(client("$SYS", "c"), action, topic), null);
      }
      const own = rules.decide(client("u", "$x"), "receive", "$x/a");
      assertEquals(own, null);
    }
    const written = new AclFile("acl", "pattern read $SYS/%c");
    assert(written.decide(client("u", "c"), "receive", "$SYS/c") !== null);
  },
);

Deno.test(
  "a deny holds for names with levels and wildcards too",
  options,
  () => {
    const roles = new RolesFile(
      "roles",
      `roles:
  d:
    - readwrite devices/#
    - deny devices/%c/locked
    - deny devices/%u/state
everyone: [d]`,
    );
    const isAllowed = (user: string, identifier: string, topic: string) =>
      (roles.decide(
        client(user, identifier),
        "publish",
        topic,
      ) as AccessVerdict)
        .isAllowed;
    assert(!isAllowed("u", "a/b", "devices/a/b/locked"));
    assert(!isAllowed("u", "+", "devices/a/locked"));
    assert(!isAllowed("u", "#", "devices/a/locked"));
    assert(!isAllowed("x/y", "c", "devices/x/y/state"));
    assert(isAllowed("u", "a/b", "devices/a/locked"));
    assert(isAllowed("u", "c", "devices/a/locked"));
  },
);

Deno.test("many rules decide as few do", options, () => {
  let text = "user u\ntopic deny t/7/x\n";
  for (let i = 0; i < 1_000; i++) text += `topic read t/${i}/#\n`;
  const acl = new AclFile("acl", text);
  const rule = (topic: string) => {
    const verdict = acl.decide(client("u"), "receive", topic);
    return verdict && [verdict.isAllowed, verdict.rule];
  };
  assertEquals(rule("t/999/a"), [true, "acl:1002"]);
  assertEquals(rule("t/7/x"), [false, "acl:2"]);
  assertEquals(rule("t/7/y"), [true, "acl:10"]);
  assertEquals(rule("t/1000/a"), null);
});

const ROLES = `
roles:
  guest:
    - read public/#
  operator:
    - readwrite plant/#
    - deny plant/secret
  device:
    - readwrite devices/%c/#
users:
  alice: [operator, device]
anonymous: [device]
everyone: [guest]
`;

const ROLE_DECISIONS: readonly [string, string][] = [
  ["alice publish plant/a", "+6"],
  ["alice publish plant/secret", "-7"],
  ["alice publish devices/c1/a", "+9"],
  ["alice receive public/x", "+4"],
  ["bob receive public/x", "+4"],
  ["bob publish devices/c1/a", "-"],
  ["- publish devices/c1/a", "+9"],
  ["- publish plant/a", "-"],
];

for (const [question, decision] of ROLE_DECISIONS) {
  Deno.test(`roles decide: ${question}`, options, () => {
    assertEquals(decisionOf(new RolesFile("roles", ROLES), question), decision);
  });
}

const ROLE_MISTAKES: readonly [string, string][] = [
  ["users:\n  a: [b]", 'roles:2: there is no role "b"'],
  ["roles:\n  a:\n    - rite x", "roles:3: expected read, write, readwrite"],
  ["roles:\n  a: read x", "roles:2: expected a list of texts"],
  [
    "role:\n",
    'roles:1: expected roles, users, everyone or anonymous, found "role"',
  ],
  ["roles: []", "roles:1: expected names with values"],
];

for (const [text, problem] of ROLE_MISTAKES) {
  Deno.test(`a mistake in roles is told: ${problem}`, options, () => {
    assertThrows(() => new RolesFile("roles", text), Error, problem);
  });
}

Deno.test("overlap and cover agree with what filters match", options, () => {
  const levels = ["a", "b", "+"];
  const filters = ["#"];
  for (const x of levels) {
    filters.push(x, `${x}/#`);
    for (const y of levels) filters.push(`${x}/${y}`, `${x}/${y}/#`);
  }
  // "c" stands for all that no filter names.
  const names = ["a", "b", "c"];
  const topics = [...names];
  for (const x of names) {
    for (const y of names) {
      topics.push(`${x}/${y}`, ...names.map((z) => `${x}/${y}/${z}`));
    }
  }
  for (const x of filters) {
    for (const y of filters) {
      const inY = topics.filter((topic) => matchesTopicFilter(y, topic));
      const both = inY.filter((topic) => matchesTopicFilter(x, topic));
      assertEquals(overlaps(x, y), both.length > 0, `${x} overlaps ${y}`);
      assertEquals(covers(x, y), both.length === inY.length, `${x} ⊇ ${y}`);
    }
  }
  assert(!overlaps("#", "$SYS/#") && !covers("+/a", "$x/a"));
});
