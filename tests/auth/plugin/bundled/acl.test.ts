import { readAcl } from "../../../../src/auth/plugin/bundled/_acl.ts";
import { assertEquals } from "../../../_assert.ts";

const options = { permissions: "none" } as const;

const allow = (action: string, topic: string) => ({
  permission: "allow",
  action,
  topic,
});
const deny = (action: string, topic: string) => ({
  permission: "deny",
  action,
  topic,
});

/** A name, what a token has, the rules, and whether they are final. */
const READABLE: readonly [string, unknown, string[], boolean][] = [
  ["nothing", [], [], false],
  ["lines", ["read a/#", "deny a/b", "c/%u"], [
    "read a/#",
    "deny a/b",
    "c/%u",
  ], false],
  ["lists", { pub: ["a/${clientid}"], sub: ["b/#"], all: ["c"] }, [
    "write a/%c",
    "read b/#",
    "readwrite c",
  ], true],
  [
    "entries",
    [
      allow("publish", "a/${username}"),
      allow("subscribe", "eq b/#"),
      allow("all", "c"),
      deny("publish", "c/d"),
    ],
    ["write a/%u", "read b/#", "readwrite c", "deny c/d"],
    false,
  ],
  [
    "entries before a deny of everything",
    [
      allow("publish", "a"),
      deny("all", "#"),
      allow("all", "b"),
    ],
    ["write a"],
    true,
  ],
  [
    "entries before a deny of all publishing",
    [
      deny("publish", "#"),
      allow("all", "b"),
      allow("publish", "c"),
    ],
    ["read b"],
    true,
  ],
];

for (const [name, value, rules, isFinal] of READABLE) {
  Deno.test(`an access control list is read: ${name}`, options, () => {
    assertEquals(readAcl(value), { rules, isFinal });
  });
}

const UNREADABLE: readonly [unknown, string][] = [
  ["a/#", "it is neither list nor mapping"],
  [["reed a"], 'expected read, write, readwrite or deny, found "reed"'],
  [["a", 5], "an entry is neither text nor mapping"],
  [{ pubs: [] }, 'it has "pubs", which is none of pub, sub and all'],
  [{ constructor: [] }, 'it has "constructor", which is none of pub, sub and'],
  [{ pub: "a" }, '"pub" is not a list'],
  [{ pub: [5] }, "a topic is not text"],
  [{ pub: ["a/#/b"] }, 'topic "a/#/b" has a level after "#"'],
  [{ pub: ["${cert}"] }, 'topic "${cert}" has an unknown placeholder'],
  [[allow("write", "a")], "an action is none of publish, subscribe and all"],
  [[allow("toString", "a")], "an action is none of publish, subscribe and all"],
  [[{ ...allow("all", "a"), permission: 1 }], "a permission is neither allow"],
  [[{ ...allow("all", "a"), qos: [0] }], 'an entry depends on "qos", which is'],
  [[deny("subscribe", "eq #")], '"eq #" cannot be denied alone'],
];

for (const [value, fault] of UNREADABLE) {
  Deno.test(`a list is not half understood: ${fault}`, options, () => {
    const found = readAcl(value);
    assertEquals(typeof found === "string" && found.startsWith(fault), true);
  });
}
