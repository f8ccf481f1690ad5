import type { AuthConfig } from "../config/mod.ts";
import { AclFile } from "./acl_file.ts";
import { AnonymousAuthenticator, VouchedAuthenticator } from "./anonymous.ts";
import { BanList } from "./ban_list.ts";
import { FileError } from "./file_error.ts";
import { HashLimiter } from "./hash_limiter.ts";
import { PasswordAuthenticator } from "./password_authenticator.ts";
import { parsePasswordFile } from "./password_file.ts";
import { RolesFile } from "./roles_file.ts";
import { ScramAuthenticator } from "./scram_authenticator.ts";
import type { AccessController, Authenticator, Rules } from "./verdict.ts";

/** Logins that wait for their turn at checking a password; more are refused. */
const MAXIMUM_WAITING = 10_000;

/** Shared by all rules, old and new: a reload must not add cores. */
const limiter = new HashLimiter(
  Math.max(1, navigator.hardwareConcurrency - 1),
  MAXIMUM_WAITING,
);

/**
 * Reads everything that `config` names and makes one set of rules of it.
 * @throws {ConfigError} At the first line that cannot be used.
 */
export function loadRules(
  config: AuthConfig,
  readTextFile: (path: string) => string,
): Rules {
  const { passwordFile, aclFile, rolesFile, banFile } = config;
  const authenticators: Authenticator[] = [new VouchedAuthenticator()];
  if (passwordFile !== null) {
    const text = read(passwordFile, readTextFile);
    const hashes = parsePasswordFile(passwordFile, text);
    authenticators.push(new ScramAuthenticator(hashes));
    authenticators.push(new PasswordAuthenticator(hashes, limiter));
  }
  if (allowsAnonymous(config)) {
    authenticators.push(new AnonymousAuthenticator(passwordFile === null));
  }
  const controllers: AccessController[] = [];
  if (aclFile !== null) {
    controllers.push(new AclFile(aclFile, read(aclFile, readTextFile)));
  }
  if (rolesFile !== null) {
    controllers.push(new RolesFile(rolesFile, read(rolesFile, readTextFile)));
  }
  const bans = banFile === null
    ? undefined
    : new BanList(banFile, read(banFile, readTextFile));
  return { authenticators, controllers, bans };
}

/** The files that the rules are read from. */
export function ruleFiles(config: AuthConfig): string[] {
  const { passwordFile, aclFile, rolesFile, banFile } = config;
  return [passwordFile, aclFile, rolesFile, banFile].filter((path) =>
    path !== null
  );
}

/** Without an explicit choice they are welcome where there are no users. */
export function allowsAnonymous(
  { allowAnonymous, passwordFile }: AuthConfig,
): boolean {
  return allowAnonymous === "auto" ? passwordFile === null : allowAnonymous;
}

function read(path: string, readTextFile: (path: string) => string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "no such file"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new FileError(path, 0, reason, error);
  }
}
