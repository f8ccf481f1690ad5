import {
  type AuthConfig,
  type Config,
  ConfigError,
  explainUnreadable,
  linkNamesOf,
} from "../config/mod.ts";
import { AclFile } from "./acl_file.ts";
import { BanList } from "./ban_list.ts";
import { makeLinks } from "./links.ts";
import { PluginSet } from "./plugin/mod.ts";
import { HashLimiter } from "./hashing/hash_limiter.ts";
import { MAXIMUM_WORKERS } from "./hashing/hash_workers.ts";
import { PasswordAuthenticator } from "./password_authenticator.ts";
import { parsePasswordFile } from "./password_file.ts";
import { RolesFile } from "./roles_file.ts";
import { ScramAuthenticator } from "./scram_authenticator.ts";
import type {
  AccessController,
  Authenticator,
  Links,
  Rules,
} from "./verdict.ts";

/**
 * Shared by all rules, old and new: a reload must not add cores. Many clients
 * give up after ten seconds without an answer, and so does `connect_timeout`.
 */
const limiter = new HashLimiter({
  maximumRunning: MAXIMUM_WORKERS,
  maximumWaiting: 10_000,
  maximumWaitMs: 8_000,
});

/** What rules are made with, beside the configuration. */
export interface RuleSurroundings {
  readonly readTextFile: (path: string) => string;
  /** Those of the configuration, started; none if it is left out. */
  readonly plugins?: PluginSet;
  /** The time that answers of plugins expire by. */
  readonly nowMs?: () => number;
}

/**
 * Reads everything that `config` names and makes one set of rules of it.
 * @throws {ConfigError} At the first line that cannot be used.
 */
export function loadRules(
  config: Config,
  { readTextFile, plugins = PluginSet.NONE, nowMs = Date.now }:
    RuleSurroundings,
): Rules {
  const { passwordFile, aclFile, rolesFile, banFile } = config.auth;
  const authenticators: Authenticator[] = [];
  if (passwordFile !== null) {
    const text = read("password_file", passwordFile, readTextFile);
    const hashes = parsePasswordFile(passwordFile, text);
    authenticators.push(new ScramAuthenticator(hashes));
    authenticators.push(new PasswordAuthenticator(hashes, limiter));
  }
  const controllers: AccessController[] = [];
  if (aclFile !== null) {
    controllers.push(
      new AclFile(aclFile, read("acl_file", aclFile, readTextFile)),
    );
  }
  const roles = rolesFile === null
    ? null
    : new RolesFile(rolesFile, read("roles_file", rolesFile, readTextFile));
  if (roles !== null) controllers.push(roles);
  const bans = banFile === null
    ? undefined
    : new BanList(banFile, read("ban_file", banFile, readTextFile));
  const { allowAnonymous } = config.auth;
  const isAnonymousAllowed = allowAnonymous === "auto"
    ? passwordFile === null && config.plugins.length === 0
    : allowAnonymous;
  const parts = {
    isAnonymousAllowed,
    areCertificatesNames: config.listeners.some((listener) =>
      listener.type !== "unix" && listener.tls?.usesIdentityAsUserName
    ),
    plugins,
    authenticators,
    controllers,
    nowMs,
  };
  const listeners = new Map<number, Links>();
  for (const [index, listener] of config.listeners.entries()) {
    if (listener.auth === undefined) continue;
    listeners.set(index, makeLinks(linkNamesOf(config, listener), parts));
  }
  return { ...makeLinks(config.auth, parts), bans, roles, listeners };
}

/** The files that the rules are read from. */
export function ruleFiles(config: AuthConfig): string[] {
  const { passwordFile, aclFile, rolesFile, banFile } = config;
  return [passwordFile, aclFile, rolesFile, banFile].filter((path) =>
    path !== null
  );
}

/** The configuration has seen that it can be read: it is gone since. */
function read(
  key: string,
  path: string,
  readTextFile: (path: string) => string,
): string {
  try {
    return readTextFile(path);
  } catch (error) {
    throw new ConfigError(
      `Cannot load configuration: auth.${key}: ` +
        explainUnreadable(path, error),
      { cause: error },
    );
  }
}
