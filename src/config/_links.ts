import { Misfit } from "./_check.ts";
import type { Path } from "./_locate.ts";
import type { Config, LinkNames, Listener } from "./config.ts";

/** What is asked without a plugin. */
const AUTHENTICATORS = [
  "certificate",
  "scram",
  "password_file",
  "anonymous",
] as const;
const AUTHORIZERS = ["acl_file", "roles_file"] as const;

/**
 * Checks that plugins have names of their own, and that what is to be asked is
 * there.
 * @throws {Misfit} If a name stands for nothing, or for two things.
 */
export function checkLinks({ plugins, auth, listeners }: Config): void {
  const taken = new Set<string>([...AUTHENTICATORS, ...AUTHORIZERS]);
  for (const [index, { name }] of plugins.entries()) {
    if (taken.has(name)) {
      throw new Misfit(
        ["plugins", index, "name"],
        `expected a name that nothing else has, found ${name}`,
      );
    }
    taken.add(name);
  }
  const names = plugins.map(({ name }) => name);
  const authenticators: string[] = ["certificate", "anonymous", ...names];
  if (auth.passwordFile !== null) authenticators.push("scram", "password_file");
  const authorizers = [...names];
  if (auth.aclFile !== null) authorizers.push("acl_file");
  if (auth.rolesFile !== null) authorizers.push("roles_file");
  const check = (links: LinkNames, path: Path) => {
    checkNames(links.authenticators, authenticators, [
      ...path,
      "authenticators",
    ]);
    checkNames(links.authorizers, authorizers, [...path, "authorizers"]);
  };
  check(auth, ["auth"]);
  for (const [index, listener] of listeners.entries()) {
    if (listener.auth === undefined) continue;
    check(linkNamesOf({ auth }, listener), ["listeners", index, "auth"]);
  }
}

function checkNames(
  names: string | readonly string[],
  known: readonly string[],
  path: Path,
): void {
  if (typeof names === "string") return;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Misfit(
    path,
    `expected ${
      known.length === 0 ? "an empty list" : `some of ${known.join(", ")}`
    }, found ${unknown}` +
      (unknown.endsWith("_file") || unknown === "scram"
        ? ", and no such file is named"
        : ""),
  );
}

/** The links of one listener: its own, and for the rest those of all. */
export function linkNamesOf(
  { auth }: Pick<Config, "auth">,
  listener: Listener,
): LinkNames {
  const { authenticators, authorizers } = auth;
  return { authenticators, authorizers, ...listener.auth };
}

/** Whether clients that show no user name are let in through the listener. */
export function allowsAnonymous(config: Config, listener: Listener): boolean {
  const { authenticators } = linkNamesOf(config, listener);
  if (authenticators !== "auto") return authenticators.includes("anonymous");
  const { auth, plugins } = config;
  return auth.allowAnonymous === "auto"
    ? auth.passwordFile === null && plugins.length === 0
    : auth.allowAnonymous;
}

/** The same, and nobody has said so. */
export function isOpenByDefault(config: Config, listener: Listener): boolean {
  return config.auth.allowAnonymous === "auto" &&
    linkNamesOf(config, listener).authenticators === "auto" &&
    allowsAnonymous(config, listener);
}
