import { UsageError } from "../../src/cli/command.ts";
import { command } from "../../src/cli/commands/explain.ts";
import { assertEquals, assertRejects } from "../_assert.ts";
import { PluginFiles } from "./plugin/_plugins.ts";
import { fakeSurroundings } from "../cli/_surroundings.ts";

const FILES: Readonly<Record<string, string>> = {
  "rqtt.yaml": "auth: { acl_file: acl, roles_file: roles, ban_file: bans }",
  acl: "user alice\ntopic plant/#\ntopic deny plant/secret\n",
  roles: "roles:\n  guest:\n    - read public/#\neveryone: [guest]\n",
  bans: "user mallory",
};

async function run(
  args: string,
  files = FILES,
): Promise<(string | number)[]> {
  const { surroundings, output } = fakeSurroundings({
    readTextFile: (path) => files[path],
  });
  const exitCode = await command.run(args.split(" "), surroundings);
  return [exitCode, ...output.join("\n").split("\n")];
}

const CASES: readonly [string, number, ...string[]][] = [
  [
    "--user alice --topic plant/a --action publish",
    0,
    "allowed: acl:2",
    "  acl_file: allowed by acl:2",
  ],
  [
    "--user alice --topic plant/secret --action receive",
    1,
    "denied: acl:3",
    "  acl_file: denied by acl:3",
  ],
  [
    "--user bob --topic public/a --action receive",
    0,
    "allowed: roles:3",
    "  acl_file: has no rule for it",
    "  roles_file: allowed by roles:3",
  ],
  [
    "--topic public/a --action publish",
    1,
    "denied: no rule allows it, asked: acl_file (acl), roles_file (roles)",
    "  acl_file: has no rule for it",
    "  roles_file: has no rule for it",
  ],
  [
    "--user alice --topic $share/g/plant/# --action subscribe",
    0,
    "allowed: acl:2",
    "  acl_file: allowed by acl:2",
  ],
  [
    "--user mallory --topic public/a --action receive",
    1,
    "denied: the client is banned by bans:1",
  ],
  [
    "--user alice --topic $SYS/a --action publish",
    1,
    "denied: topics that begin with $ are the broker's own",
  ],
];

for (const [args, ...expected] of CASES) {
  Deno.test(`explain ${args}`, async () => {
    assertEquals(await run(`--config rqtt.yaml ${args}`), expected);
  });
}

Deno.test("explain tells that nothing is ruled", async () => {
  assertEquals(await run("--topic a --action publish"), [
    0,
    "allowed: there is no access control (auth.acl_file, auth.roles_file)",
  ]);
});

Deno.test("explain needs a topic and an action that exist", async () => {
  for (
    const args of [
      "--topic a",
      "--action publish",
      "--topic a --action print",
      "--topic a/# --action publish",
      "--topic a --action publish extra",
    ]
  ) await assertRejects(() => run(args), UsageError);
});

Deno.test("plugins are run, for the login and for the decision", async () => {
  await using files = await PluginFiles.create();
  const module = await files.write(`export default {
    authenticate({ userName, password }) {
      if (new TextDecoder().decode(password) !== "p") return { answer: "deny", reason: "no p" };
      return { answer: "allow", userName: userName + "!", rules: ["write own/#"] };
    },
    authorize({ userName, topic }) {
      if (topic.startsWith("x")) throw new Error("broken");
      return topic === "t" ? { answer: "allow", reason: userName } : "pass";
    },
  };`);
  const yaml = {
    "rqtt.yaml": JSON.stringify({ plugins: [{ name: "mine", module }] }),
  };
  const cases: [string, number, ...string[]][] = [
    ["--topic t", 0, "allowed: mine: bob", "  mine: allowed by mine: bob"],
    [
      "--topic u",
      1,
      "denied: no rule allows it, asked: mine",
      "  mine: has no rule for it",
    ],
    [
      "--password p --topic u",
      1,
      "denied: no rule allows it, asked: the login by mine, mine",
      "  certificate: does not know the client",
      "  mine: let in as bob!",
      "  mine: has no rule for it",
    ],
    ["--topic x", 1, "denied: mine: broken", "  mine: denied by mine: broken"],
    [
      "--password p --topic t",
      0,
      "allowed: mine: bob!",
      "  certificate: does not know the client",
      "  mine: let in as bob!",
      "  mine: allowed by mine: bob!",
    ],
    [
      "--password p --topic own/a",
      0,
      "allowed: mine: write own/#",
      "  certificate: does not know the client",
      "  mine: let in as bob!",
      "  login: allowed by mine: write own/#",
    ],
    [
      "--password q --topic t",
      1,
      "denied: the client is not let in",
      "  certificate: does not know the client",
      "  mine: not let in: no p",
    ],
  ];
  for (const [args, ...expected] of cases) {
    const line = `-c rqtt.yaml --user bob --action publish ${args}`;
    assertEquals(await run(line, yaml), expected, args);
  }
});
