import type { Action, ClientIdentity } from "../broker/mod.ts";
import { lineOf, type Path } from "../config/_locate.ts";
import { readConfigFile } from "../config/_file.ts";
import { type AccessRule, parseAccessRule } from "./access_rule.ts";
import { verdictOf } from "./acl_file.ts";
import { FileError } from "./file_error.ts";
import { RuleSet } from "./rule_set.ts";
import type { AccessController, AccessVerdict } from "./verdict.ts";

/** Different lists of roles that are kept ready; then it starts anew. */
const MAXIMUM_COMBINATIONS = 1_000;

/**
 * Roles in YAML: `roles` has a list of rules for each role, `users` a list of
 * roles for each user; `everyone` and `anonymous` are lists of roles too. A
 * rule reads as in an ACL file: `read plant/#`, `deny plant/secret`,
 * `readwrite devices/%c/#`. A deny in any role of a client stands over what
 * its other roles allow.
 */
export class RolesFile implements AccessController {
  readonly name = "roles_file";
  readonly path: string;
  readonly isTimeless = true;
  readonly isAsynchronous = false;
  readonly #roles = new Map<string, readonly AccessRule[]>();
  readonly #users = new Map<string, RuleSet>();
  readonly #anonymous: RuleSet;
  readonly #others: RuleSet;
  readonly #combinations = new Map<string, RuleSet>();
  readonly #text: string;

  /** @throws {ConfigError} At the first entry that cannot be read. */
  constructor(path: string, text: string) {
    this.path = path;
    this.#text = text;
    const { tree } = readConfigFile(path, () => text);
    const file = this.#mapping(tree ?? {}, []);
    for (const key of Object.keys(file)) {
      if (["roles", "users", "everyone", "anonymous"].includes(key)) continue;
      throw this.#fail(
        [key],
        `expected roles, users, everyone or anonymous, found "${key}"`,
      );
    }
    const roles = this.#mapping(file.roles ?? {}, ["roles"]);
    for (const role of Object.keys(roles)) {
      this.#roles.set(role, this.#readRole(roles[role], ["roles", role]));
    }
    const everyone = this.#readRoles(file.everyone, ["everyone"]);
    const anonymous = this.#readRoles(file.anonymous, ["anonymous"]);
    this.#others = toSet(everyone);
    this.#anonymous = toSet([...anonymous, ...everyone]);
    const users = this.#mapping(file.users ?? {}, ["users"]);
    for (const user of Object.keys(users)) {
      const own = this.#readRoles(users[user], ["users", user]);
      this.#users.set(user, toSet([...own, ...everyone]));
    }
  }

  decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null {
    const { userName } = client;
    const rules = userName === null
      ? this.#anonymous
      : this.#users.get(userName) ?? this.#others;
    const rule = rules.find(client, action, topic);
    return rule === null ? null : verdictOf(rule.access !== "deny", rule.place);
  }

  /** The rules of all these roles together; unknown ones have none. */
  rulesOf(roles: readonly string[]): RuleSet {
    const key = roles.join("\n");
    let rules = this.#combinations.get(key);
    if (rules === undefined) {
      rules = toSet(roles.flatMap((role) => this.#roles.get(role) ?? []));
      if (this.#combinations.size >= MAXIMUM_COMBINATIONS) {
        this.#combinations.clear();
      }
      this.#combinations.set(key, rules);
    }
    return rules;
  }

  #readRole(value: unknown, path: Path): AccessRule[] {
    return this.#list(value, path).map((text, index) => {
      const line = this.#line([...path, index]);
      const rule = parseAccessRule(text, `${this.path}:${line}`);
      if (typeof rule === "string") throw this.#fail([...path, index], rule);
      return rule;
    });
  }

  #readRoles(value: unknown, path: Path): AccessRule[] {
    return this.#list(value ?? [], path).flatMap((role, index) => {
      const rules = this.#roles.get(role);
      if (rules !== undefined) return rules;
      throw this.#fail([...path, index], `there is no role "${role}"`);
    });
  }

  #list(value: unknown, path: Path): string[] {
    if (
      Array.isArray(value) && value.every((item) => typeof item === "string")
    ) return value;
    throw this.#fail(path, "expected a list of texts");
  }

  #mapping(value: unknown, path: Path): Record<string, unknown> {
    const isMapping = typeof value === "object" && value !== null &&
      !Array.isArray(value);
    if (isMapping) return value as Record<string, unknown>;
    throw this.#fail(path, "expected names with values");
  }

  #line(path: Path): number {
    return lineOf(this.#text, path) ?? 0;
  }

  #fail(path: Path, problem: string): FileError {
    return new FileError(this.path, this.#line(path), problem);
  }
}

function toSet(rules: readonly AccessRule[]): RuleSet {
  const set = new RuleSet();
  for (const rule of new Set(rules)) set.add(rule);
  return set;
}
