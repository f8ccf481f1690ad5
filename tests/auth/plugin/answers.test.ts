import {
  checkAccess,
  checkLogin,
  checkStep,
  MalformedAnswerError,
} from "../../../src/auth/plugin/answers.ts";
import { assertEquals, assertThrows } from "../../_assert.ts";

const options = { permissions: "none" } as const;

Deno.test("a word stands for an answer without more", options, () => {
  assertEquals(checkLogin("pass"), { answer: "pass" });
  assertEquals(checkLogin("deny"), {
    answer: "deny",
    reason: "denied",
    reasonCode: undefined,
  });
  assertEquals(checkLogin("allow"), {
    answer: "allow",
    userName: undefined,
    rules: undefined,
    roles: undefined,
    isFinal: false,
    expiresAtMs: Infinity,
  });
  assertEquals(checkAccess("allow").answer, "allow");
  assertEquals(checkStep({ answer: "continue" }), {
    answer: "continue",
    data: new Uint8Array(0),
    state: null,
  });
});

const MALFORMED: readonly [check: (value: unknown) => unknown, unknown][] = [
  [checkLogin, undefined],
  [checkLogin, null],
  [checkLogin, true],
  [checkLogin, "yes"],
  [checkLogin, {}],
  [checkLogin, { answer: "continue" }],
  [checkLogin, { answer: "allow", userName: 5 }],
  [checkLogin, { answer: "allow", userName: "x".repeat(65_536) }],
  [checkLogin, { answer: "allow", rules: "read a" }],
  [checkLogin, { answer: "allow", rules: [5] }],
  [checkLogin, { answer: "allow", rules: new Array(10_001).fill("a") }],
  [checkLogin, { answer: "allow", roles: new Array(1_001).fill("a") }],
  [checkLogin, { answer: "allow", isFinal: 1 }],
  [checkLogin, { answer: "allow", expiresAtMs: -1 }],
  [checkLogin, { answer: "allow", expiresAtMs: NaN }],
  [checkLogin, { answer: "allow", expiresAtMs: new Date() }],
  [checkLogin, { answer: "allow", rule: ["read a"] }],
  [checkLogin, { answer: "allow", expiresAt: 1 }],
  [checkLogin, { answer: "allow", data: new Uint8Array(0) }],
  [checkLogin, { answer: "deny", cause: "why" }],
  [checkLogin, { answer: "pass", rules: [] }],
  [checkStep, { answer: "continue", nonce: "x" }],
  [checkAccess, { answer: "allow", cache: 5 }],
  [checkLogin, { answer: "deny", reasonCode: 0 }],
  [checkLogin, { answer: "deny", reasonCode: 0x8e }],
  [checkLogin, { answer: "deny", reasonCode: 134.5 }],
  [checkStep, "pass"],
  [checkStep, { answer: "continue", data: "x" }],
  [checkStep, { answer: "continue", data: new Uint8Array(65_536) }],
  [checkStep, { answer: "continue", state: {} }],
  [checkAccess, { answer: "continue" }],
  [checkAccess, { answer: "allow", cacheSeconds: "1" }],
  [checkAccess, { answer: "allow", reason: 5 }],
];

for (const [check, value] of MALFORMED) {
  const shown = (JSON.stringify(value) ?? "undefined").slice(0, 60);
  Deno.test(`${check.name} takes no ${shown}`, options, () => {
    assertThrows(() => check(value), MalformedAnswerError);
  });
}
