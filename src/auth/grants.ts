import type { Action, ClientIdentity } from "../broker/mod.ts";
import { parseAccessRule } from "./access_rule.ts";
import { verdictOf } from "./acl_file.ts";
import type { RolesFile } from "./roles_file.ts";
import { RuleSet } from "./rule_set.ts";
import type { AccessVerdict } from "./verdict.ts";

/** What {@linkcode Grants} are made of. */
export interface GrantFields {
  /** As in an ACL file. */
  readonly rules?: readonly string[];
  readonly roles?: readonly string[];
  /** Whether what they do not grant is denied without asking anybody else. */
  readonly isFinal?: boolean;
}

/** What a client was given when it was let in: rules of its own, and roles. */
export class Grants {
  /** Who gave them, as verdicts name it. */
  readonly source: string;
  readonly #rules = new RuleSet();
  readonly #roles: readonly string[];
  readonly #rest: AccessVerdict | null;

  /** @throws {TypeError} If a rule cannot be read. */
  constructor(
    source: string,
    { rules = [], roles = [], isFinal = false }: GrantFields,
  ) {
    this.source = source;
    this.#roles = roles;
    this.#rest = isFinal
      ? verdictOf(false, `${source}: no rule allows it`)
      : null;
    for (const text of rules) {
      const rule = parseAccessRule(text, `${source}: ${text}`);
      if (typeof rule === "string") {
        throw new TypeError(`the rule "${text}" cannot be read: ${rule}`);
      }
      this.#rules.add(rule);
    }
  }

  /** `null` if they are not about it; a deny stands over everything else. */
  decide(
    client: ClientIdentity,
    question: { readonly action: Action; readonly topic: string },
    file: RolesFile | null,
  ): AccessVerdict | null {
    const { action, topic } = question;
    const own = this.#rules.find(client, action, topic);
    const given = file?.rulesOf(this.#roles).find(client, action, topic) ??
      null;
    const rule = given?.access === "deny" ? given : own ?? given;
    return rule === null
      ? this.#rest
      : verdictOf(rule.access !== "deny", rule.place);
  }
}
