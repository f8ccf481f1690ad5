import { suggest } from "../../config/suggest.ts";
import type { Directive } from "./directives.ts";
import { Draft, type ListenerDraft, type SecurityDraft } from "./draft.ts";
import { BRIDGE_NAMES, GLOBAL_RULES } from "./global_rules.ts";
import { LISTENER_RULES, openListener, type Rule } from "./listener_rules.ts";
import { readBoolean } from "./values.ts";

const BRIDGE_REASON = "there is no bridge yet";

/** The most talkative kinds first, with the level that shows them. */
const LOG_LEVELS: readonly (readonly [types: string[], level: string])[] = [
  [["all", "debug"], "debug"],
  [
    ["information", "notice", "subscribe", "unsubscribe", "websockets"],
    "info",
  ],
  [["warning"], "warn"],
];

/**
 * Takes over the settings of a mosquitto.conf.
 * @throws {ConfigError} If one has a value that it cannot have.
 */
export function convert(directives: readonly Directive[]): Draft {
  const draft = new Draft();
  for (const directive of directives) ruleOf(directive)(directive, draft);
  if (draft.isDefaultUsed || draft.listeners.length === 0) {
    draft.listeners.unshift(draft.defaultListener);
  }
  for (const listener of draft.listeners) checkCertificates(listener);
  convertSecurity(draft, directives);
  convertPersistence(draft);
  if (draft.logTypes.size > 0) {
    const level = LOG_LEVELS.find(([types]) =>
      types.some((type) =>
        draft.logTypes.has(type)
      )
    )?.[1] ?? "error";
    draft.set("log", "level", level);
  }
  return draft;
}

function ruleOf(directive: Directive): Rule {
  const { name } = directive;
  if (name === "listener") return openListener;
  if (Object.hasOwn(LISTENER_RULES, name)) return LISTENER_RULES[name];
  if (Object.hasOwn(GLOBAL_RULES, name)) return GLOBAL_RULES[name];
  if (BRIDGE_NAMES.has(name) || name.startsWith("bridge_")) {
    return (directive, draft) =>
      draft.note("bridges", { directive, reason: BRIDGE_REASON });
  }
  if (/^(auth|plugin)_opt_/.test(name)) {
    return (directive, draft) =>
      draft.note("auth", { directive, reason: "see plugins, options" });
  }
  const nearest = suggest(name, [
    "listener",
    ...Object.keys(LISTENER_RULES),
    ...Object.keys(GLOBAL_RULES),
  ]);
  const hint = nearest === undefined ? "" : `, did you mean ${nearest}?`;
  return (directive, draft) =>
    draft.note("", { directive, reason: `it is not known${hint}` });
}

/** Mosquitto looks at clients' certificates only where it requires them. */
function checkCertificates(listener: ListenerDraft): void {
  const { requiresCertificate, clientCa, revocationList } = listener;
  if (requiresCertificate) return;
  for (const directive of [clientCa, revocationList]) {
    if (directive === null) continue;
    listener.notes.push({
      directive,
      reason: "only a listener with require_certificate uses it",
    });
  }
  listener.clientCa = null;
  listener.revocationList = null;
  listener.usesIdentity = false;
}

/** The files are the same for all; who asks for them may differ. */
function convertSecurity(
  draft: Draft,
  directives: readonly Directive[],
): void {
  const each: readonly SecurityDraft[] = draft.hasSecurityPerListener
    ? draft.listeners.map(({ security }) => security)
    : [draft.security, ...draft.listeners.map(({ security }) => security)];
  for (const [key, name] of FILES) {
    const files = [...new Set(each.map((security) => security[key]))]
      .filter((file) => file !== null);
    if (files.length > 0) draft.set("auth", name, files[0]);
    for (const directive of directives) {
      if (directive.name !== name || !files.includes(directive.value, 1)) {
        continue;
      }
      draft.note("auth", { directive, reason: "all listeners share one file" });
    }
  }
  if (draft.hasSecurityPerListener && !areAlike(each)) linkListeners(draft);
  else convertAnonymous(draft, { directives, each });
}

/** Each listener gets a chain of its own. */
function linkListeners(draft: Draft): void {
  const files = draft.sections.get("auth");
  for (const listener of draft.listeners) {
    const { security, usesIdentity } = listener;
    const { allowAnonymous, passwordFile, aclFile } = security;
    const hasPasswords = passwordFile !== null &&
      passwordFile === files?.get("password_file");
    const hasRules = aclFile !== null && aclFile === files?.get("acl_file");
    listener.links = {
      authenticators: [
        ...usesIdentity ? ["certificate"] : [],
        ...hasPasswords ? ["password_file"] : [],
        ...allowAnonymous === true ? ["anonymous"] : [],
      ],
      authorizers: hasRules ? ["acl_file"] : [],
    };
  }
}

/** The strictest answer, where there are several. */
function convertAnonymous(
  draft: Draft,
  { directives, each }: {
    readonly directives: readonly Directive[];
    readonly each: readonly SecurityDraft[];
  },
): void {
  const isLocalOnly = !directives.some(({ name }) =>
    name === "listener" || name === "port"
  );
  const choices = each.map(({ allowAnonymous }) => allowAnonymous)
    .filter((choice) => choice !== null);
  const isAllowed = choices.every(Boolean);
  if (choices.length > 0) {
    draft.set("auth", "allow_anonymous", String(isAllowed));
  } else if (!isLocalOnly) draft.set("auth", "allow_anonymous", "false");
  for (const directive of directives) {
    if (!/allow_anonymous$/.test(directive.name)) continue;
    if (readBoolean(directive) === isAllowed) continue;
    draft.note("auth", {
      directive,
      reason: "the strictest answer holds, see auth of a listener",
    });
  }
}

function areAlike(each: readonly SecurityDraft[]): boolean {
  return each.every((one) =>
    (one.allowAnonymous ?? false) === (each[0].allowAnonymous ?? false) &&
    one.passwordFile === each[0].passwordFile &&
    one.aclFile === each[0].aclFile
  );
}

const FILES = [
  ["passwordFile", "password_file"],
  ["aclFile", "acl_file"],
] as const;

function convertPersistence(draft: Draft): void {
  if (!draft.isPersistent) return;
  const location = draft.persistenceLocation;
  const separator = location === "" || location.endsWith("/") ? "" : "/";
  draft.set("persistence", "path", `${location}${separator}rqtt.db`);
}
