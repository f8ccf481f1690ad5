import { AclFile } from "../../src/auth/acl_file.ts";
import {
  AnonymousAuthenticator,
  VouchedAuthenticator,
} from "../../src/auth/anonymous.ts";
import { BanList } from "../../src/auth/ban_list.ts";
import { HashLimiter } from "../../src/auth/hashing/hash_limiter.ts";
import { PasswordAuthenticator } from "../../src/auth/password_authenticator.ts";
import { parsePasswordFile } from "../../src/auth/password_file.ts";
import { hashPassword } from "../../src/auth/password_hash.ts";
import { ScramAuthenticator } from "../../src/auth/scram_authenticator.ts";
import type { Authenticator, Rules } from "../../src/auth/verdict.ts";
import { findWillObjection } from "../../src/auth/will_objection.ts";
import { assertEquals } from "../_assert.ts";
import { client } from "./_clients.ts";

const alice = `alice:${await hashPassword(new TextEncoder().encode("a"), 1)}`;
const hashes = parsePasswordFile("users", alice);
const passwords = new PasswordAuthenticator(
  hashes,
  new HashLimiter({ maximumRunning: 1, maximumWaiting: 1, maximumWaitMs: 1 }),
);
const scram = new ScramAuthenticator(hashes);
const acl = new AclFile("acl", "user alice\ntopic write mine\ntopic deny no");
const plugin: Authenticator = {
  name: "plugin",
  grantsRights: true,
  authenticate: () => ({ answer: "pass" }),
  isStillWelcome: () => true,
};

function objection(
  rules: Partial<Rules>,
  userName: string | null,
  topic: string,
): string | null {
  return findWillObjection(
    { authenticators: [], controllers: [], ...rules },
    { ...client(), userName },
    topic,
  );
}

Deno.test("the Will of a user who is not known any more is objected to", () => {
  const vouched = new VouchedAuthenticator(false);
  const rules = { authenticators: [vouched, scram, passwords] };
  assertEquals(objection(rules, "alice", "t"), null);
  assertEquals(objection(rules, "bob", "t"), "nothing knows the user");
  assertEquals(objection(rules, null, "t"), "nothing knows the user");
});

Deno.test("the Will of a user whom something else may know is not objected to", () => {
  for (
    const other of [
      new VouchedAuthenticator(true),
      new AnonymousAuthenticator(true),
      plugin,
    ]
  ) {
    const authenticators = [passwords, other];
    assertEquals(objection({ authenticators }, "bob", "t"), null);
  }
  const authenticators = [passwords, new AnonymousAuthenticator(false)];
  assertEquals(objection({ authenticators }, null, "t"), null);
  assertEquals(
    objection({ authenticators }, "bob", "t"),
    "nothing knows the user",
  );
});

Deno.test("a Will that the rules forbid is objected to, with the rule", () => {
  const rules = { authenticators: [passwords], controllers: [acl] };
  assertEquals(objection(rules, "alice", "mine"), null);
  assertEquals(objection(rules, "alice", "no"), "acl:3");
  assertEquals(
    objection(rules, "alice", "other"),
    "no rule allows it, asked: acl_file (acl)",
  );
});

Deno.test("a Will of somebody who is banned is objected to", () => {
  const bans = new BanList("bans", "user alice");
  assertEquals(
    objection({ authenticators: [passwords], bans }, "alice", "mine"),
    "banned by bans:1",
  );
});

Deno.test("a Will that rights of a login may allow, or a plugin, is not objected to", () => {
  const granting = { authenticators: [passwords, plugin], controllers: [acl] };
  assertEquals(objection(granting, "alice", "other"), null);
  const asked = {
    name: "asked",
    isTimeless: false,
    isAsynchronous: true,
    decide: () => Promise.resolve(null),
  };
  const authenticators = [passwords];
  assertEquals(
    objection({ authenticators, controllers: [asked, acl] }, "alice", "no"),
    null,
  );
});

Deno.test("a Will that one listener allows is not objected to", () => {
  const authenticators = [passwords];
  const rules = { authenticators, controllers: [acl] };
  const listeners = new Map([[0, { authenticators, controllers: [] }]]);
  assertEquals(objection({ ...rules, listeners }, "alice", "no"), null);
  assertEquals(
    objection({ ...rules, listeners }, "bob", "no"),
    "nothing knows the user",
  );
});
