import { validateTopicFilter } from "../topics/mod.ts";
import type { Action, ClientIdentity } from "../broker/mod.ts";

/** What a rule says about the topics that its filter matches. */
export type Access = "read" | "write" | "readwrite" | "deny";

/** One line of an ACL file, or one entry of a role. */
export interface AccessRule {
  readonly access: Access;
  /** A Topic Filter; `%c` and `%u` in it stand for the client's names. */
  readonly topicFilter: string;
  /** Where it stands: `acl:12`. */
  readonly place: string;
}

const ACCESSES: readonly string[] = ["read", "write", "readwrite", "deny"];

/**
 * Reads `[read|write|readwrite|deny] FILTER`; without a first word it is
 * `readwrite`. A filter may contain spaces.
 * @returns What is wrong with it, as text, if it cannot be read.
 */
export function parseAccessRule(
  text: string,
  place: string,
): AccessRule | string {
  const match = /^(\S+)[ \t]+(\S.*)$/s.exec(text.trim());
  const access = match === null ? "readwrite" : match[1];
  const topicFilter = match === null ? text.trim() : match[2];
  if (topicFilter === "") return "expected a topic";
  // Not a topic that begins with "deny": a pasted space is not always a space.
  const word = /^(\S+)\s/.exec(topicFilter)?.[1] ?? "";
  if (match === null && ACCESSES.includes(word)) {
    return `expected a plain space behind ${word}`;
  }
  if (!ACCESSES.includes(access)) {
    return `expected read, write, readwrite or deny, found "${access}"`;
  }
  const fault = validateTopicFilter(topicFilter);
  if (fault !== null) return `topic "${topicFilter}" has a ${fault}`;
  return { access: access as Access, topicFilter, place };
}

/** Whether the rule lets through what `action` needs; a deny lets nothing. */
export function grants({ access }: AccessRule, action: Action): boolean {
  return access === "readwrite" ||
    access === (action === "publish" ? "write" : "read");
}

/** Whether the filter depends on who asks. */
export function isTemplate({ topicFilter }: AccessRule): boolean {
  return /%[cu]/.test(topicFilter);
}

/**
 * The filter for one client, or `null` if it does not concern it. Clients
 * choose their names: one that would open levels, wildcards or the broker's
 * own topics is granted nothing by them, but a deny stays a deny.
 */
export function fillTemplate(
  { access, topicFilter }: AccessRule,
  { clientIdentifier, userName }: ClientIdentity,
): string | null {
  const isDeny = access === "deny";
  const mayStand = (name: string | null): name is string =>
    name !== null && name !== "" && (isDeny || !/[+#/]/.test(name));
  if (topicFilter.includes("%u") && !mayStand(userName)) return null;
  if (topicFilter.includes("%c") && !mayStand(clientIdentifier)) return null;
  // A function, for in a replacement text "$&" would mean something.
  const filled = topicFilter.replaceAll(
    /%[cu]/g,
    (name) => name === "%c" ? clientIdentifier : userName!,
  );
  const opensOwnTopics = filled.startsWith("$") && !topicFilter.startsWith("$");
  return opensOwnTopics && !isDeny ? null : filled;
}
