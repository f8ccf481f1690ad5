import type { Action, ClientIdentity } from "../broker/mod.ts";
import { parseAccessRule } from "./access_rule.ts";
import { FileError } from "./file_error.ts";
import { RuleSet } from "./rule_set.ts";
import type { AccessController, AccessVerdict } from "./verdict.ts";

/**
 * The rules of a mosquitto ACL file. Those of the client's user come first,
 * then the patterns, which concern everybody; `topic` lines before the first
 * `user` line are for clients without user name.
 */
export class AclFile implements AccessController {
  readonly name = "acl_file";
  readonly path: string;
  readonly isTimeless = true;
  readonly isAsynchronous = false;
  readonly #anonymous = new RuleSet();
  readonly #users = new Map<string, RuleSet>();
  readonly #patterns = new RuleSet();
  #hasPatterns = false;

  /** @throws {FileError} At the first line that cannot be read. */
  constructor(path: string, text: string) {
    this.path = path;
    let rules = this.#anonymous;
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const fail = (problem: string) => new FileError(path, index + 1, problem);
      if (line.startsWith("#") || line.trim() === "") continue;
      const match = /^ *(\S+)(?: (.*))?$/.exec(line);
      const word = match?.[1] ?? "";
      const rest = match?.[2]?.trim() ?? "";
      switch (word) {
        case "user":
          if (rest === "") throw fail("expected a user name");
          rules = this.#rulesOf(rest);
          break;
        case "topic":
        case "pattern": {
          const rule = parseAccessRule(rest, `${path}:${index + 1}`);
          if (typeof rule === "string") throw fail(rule);
          if (word === "pattern") {
            this.#hasPatterns = true;
            this.#patterns.add(rule);
          } else {
            rules.add(rule);
          }
          break;
        }
        default:
          throw fail(`expected user, topic or pattern, found "${word}"`);
      }
    }
  }

  decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null {
    const { userName, clientIdentifier } = client;
    const own = userName === null ? this.#anonymous : this.#users.get(userName);
    const rule = own?.find(client, action, topic) ?? null;
    if (rule !== null) return verdictOf(rule.access !== "deny", rule.place);
    if (!this.#hasPatterns) return null;
    // As mosquitto does: such a name could stand for those of others.
    if (/[+#]/.test(clientIdentifier + (userName ?? ""))) {
      return verdictOf(false, "the client's or user's name has a wildcard");
    }
    const pattern = this.#patterns.find(client, action, topic);
    return pattern === null
      ? null
      : verdictOf(pattern.access !== "deny", pattern.place);
  }

  #rulesOf(userName: string): RuleSet {
    let rules = this.#users.get(userName);
    if (rules === undefined) this.#users.set(userName, rules = new RuleSet());
    return rules;
  }
}

/** A verdict that holds until the rules are replaced. */
export function verdictOf(isAllowed: boolean, rule: string): AccessVerdict {
  return { isAllowed, rule, expiresAtMs: Infinity };
}
