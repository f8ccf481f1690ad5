import { parseAccessRule } from "../../access_rule.ts";

/** What a token, or an answer of a web service, says a client may do. */
export interface Acl {
  /** Lines of an ACL file. */
  readonly rules: readonly string[];
  /** Whether what they do not grant is denied, whatever others say of it. */
  readonly isFinal: boolean;
}

/** Words of EMQX for what our rules call otherwise. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  "${clientid}": "%c",
  "${username}": "%u",
};

/**
 * Reads an access control list in one of three forms: lines of an ACL file,
 * or the two of EMQX, `{"pub": […], "sub": […], "all": […]}` and a list of
 * `{"permission": "allow", "action": "publish", "topic": "a/#"}`.
 * @returns What is wrong with it, as text, if it cannot be read: it must not
 * be half understood.
 */
export function readAcl(value: unknown): Acl | string {
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === "string")
      ? readLines(value)
      : readEntries(value);
  }
  return isRecord(value) ? readLists(value) : "it is neither list nor mapping";
}

function readLines(lines: readonly string[]): Acl | string {
  for (const line of lines) {
    const fault = faultOf(line);
    if (fault !== null) return fault;
  }
  return { rules: lines, isFinal: false };
}

const LIST_ACCESSES: Readonly<Record<string, string>> = {
  pub: "write",
  sub: "read",
  all: "readwrite",
};

/** The older form of EMQX: all that is allowed, by action. */
function readLists(lists: Readonly<Record<string, unknown>>): Acl | string {
  const rules: string[] = [];
  for (const [name, topics] of Object.entries(lists)) {
    if (!Object.hasOwn(LIST_ACCESSES, name)) {
      return `it has "${name}", which is none of pub, sub and all`;
    }
    if (!Array.isArray(topics)) return `"${name}" is not a list`;
    for (const topic of topics) {
      const rule = toRule(LIST_ACCESSES[name], topic);
      if (rule.fault !== null) return rule.fault;
      rules.push(rule.line);
    }
  }
  return { rules, isFinal: true };
}

type EntryAction = "publish" | "subscribe";

const ENTRY_KEYS: readonly string[] = ["permission", "action", "topic"];

const ENTRY_ACTIONS: Readonly<Record<string, readonly EntryAction[]>> = {
  publish: ["publish"],
  subscribe: ["subscribe"],
  all: ["publish", "subscribe"],
};

/**
 * The newer form of EMQX, where the first entry that fits decides. In ours a
 * deny stands over everything, so a list comes out as it is meant, or
 * narrower: after a deny of `#` nothing more is granted, and a deny of less
 * also holds against what is allowed before it, and for both actions.
 */
function readEntries(entries: readonly unknown[]): Acl | string {
  const rules: string[] = [];
  const open = new Set<EntryAction>(ENTRY_ACTIONS.all);
  for (const entry of entries) {
    if (!isRecord(entry)) return "an entry is neither text nor mapping";
    const condition = Object.keys(entry).find((key) =>
      !ENTRY_KEYS.includes(key)
    );
    if (condition !== undefined) {
      return `an entry depends on "${condition}", which is not supported`;
    }
    const { permission, action, topic } = entry;
    const actions = typeof action === "string" &&
      Object.hasOwn(ENTRY_ACTIONS, action) && ENTRY_ACTIONS[action];
    if (!actions) return "an action is none of publish, subscribe and all";
    if (permission !== "allow" && permission !== "deny") {
      return "a permission is neither allow nor deny";
    }
    const concerned = actions.filter((each) => open.has(each));
    if (permission === "deny" && topic === "#") {
      for (const each of concerned) open.delete(each);
      continue;
    }
    const access = permission === "deny" ? "deny" : accessOf(concerned);
    const rule = toRule(access ?? "deny", topic);
    if (rule.fault !== null) return rule.fault;
    if (access !== null) rules.push(rule.line);
  }
  return { rules, isFinal: open.size < ENTRY_ACTIONS.all.length };
}

function accessOf(actions: readonly EntryAction[]): string | null {
  switch (actions.length) {
    case 0:
      return null;
    case 1:
      return actions[0] === "publish" ? "write" : "read";
    default:
      return "readwrite";
  }
}

function toRule(
  access: string,
  topic: unknown,
): { readonly line: string; readonly fault: string | null } {
  if (typeof topic !== "string") {
    return { line: "", fault: "a topic is not text" };
  }
  let filter = topic;
  if (topic.startsWith("eq ")) {
    // Who may subscribe to a filter may as well to what is within it.
    if (access === "deny") {
      return { line: "", fault: `"${topic}" cannot be denied alone` };
    }
    filter = topic.slice(3);
  }
  for (const [theirs, ours] of Object.entries(PLACEHOLDERS)) {
    filter = filter.replaceAll(theirs, ours);
  }
  if (filter.includes("${")) {
    return { line: "", fault: `topic "${topic}" has an unknown placeholder` };
  }
  const line = `${access} ${filter}`;
  return { line, fault: faultOf(line) };
}

function faultOf(line: string): string | null {
  const rule = parseAccessRule(line, "");
  return typeof rule === "string" ? rule : null;
}

/** Whether `value` is what JSON calls an object. */
export function isRecord(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
