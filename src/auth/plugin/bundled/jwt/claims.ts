import type { JWTPayload } from "jose";
import { isRecord, readAcl } from "../_acl.ts";

/** What the claims of a token stand for. */
export interface ClaimNames {
  /** Its value is the user name. */
  readonly userName: string;
  /** A list of names, or text with spaces between them; `null` for none. */
  readonly roles: string | null;
  /** An access control list; `null` for none. */
  readonly acl: string | null;
  /**
   * What further claims have to be: `%c` and `%u` stand for the client
   * identifier and the user name that the client has sent.
   */
  readonly required: Readonly<Record<string, unknown>>;
}

/** Who shows the token, by own account. */
export interface Bearer {
  readonly clientIdentifier: string;
  readonly userName: string | null;
}

/** What a token makes of a client. */
export interface Grant {
  readonly userName: string;
  readonly roles: readonly string[] | undefined;
  readonly rules: readonly string[] | undefined;
  /** Whether what `rules` do not grant is denied. */
  readonly isFinal: boolean;
}

/** @returns Why the client is not let in, as text, if it is not. */
export function readClaims(
  claims: JWTPayload,
  names: ClaimNames,
  bearer: Bearer,
): Grant | string {
  for (const [name, expected] of Object.entries(names.required)) {
    if (!isAsRequired(claimOf(claims, name), expected, bearer)) {
      return `the token's claim "${name}" is not accepted`;
    }
  }
  const userName = nameOf(claimOf(claims, names.userName));
  if (userName === null) {
    return `the token's claim "${names.userName}" is no user name`;
  }
  const grant: Grant = {
    userName,
    roles: undefined,
    rules: undefined,
    isFinal: false,
  };
  const roles = names.roles === null
    ? undefined
    : readRoles(claimOf(claims, names.roles));
  if (roles === null) {
    return `the token's claim "${names.roles}" is no list of roles`;
  }
  if (names.acl === null) return { ...grant, roles };
  // A token that says nothing grants nothing.
  const acl = readAcl(claimOf(claims, names.acl) ?? []);
  if (typeof acl === "string") {
    return `the token's claim "${names.acl}" cannot be used: ${acl}`;
  }
  return { ...grant, roles, ...acl };
}

/** A claim by its name or, if there is none, by the way that leads to it: `realm_access.roles`. */
function claimOf(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split(".")) {
    if (!isRecord(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function isAsRequired(
  found: unknown,
  expected: unknown,
  { clientIdentifier, userName }: Bearer,
): boolean {
  const wanted = expected === "%c"
    ? clientIdentifier
    : expected === "%u"
    ? userName
    : expected;
  // A client that has no name must not match a claim that has none.
  if (wanted === null || wanted === undefined || wanted === "") return false;
  return found === wanted || (Array.isArray(found) && found.includes(wanted));
}

function nameOf(value: unknown): string | null {
  if (Number.isSafeInteger(value)) return String(value);
  const isName = typeof value === "string" && value !== "" &&
    !/\p{Cc}/u.test(value) && value.isWellFormed();
  return isName ? value : null;
}

function readRoles(value: unknown): readonly string[] | null {
  if (value === undefined) return [];
  if (typeof value === "string") {
    return value.split(/[\s,]+/).filter((role) => role !== "");
  }
  const isList = Array.isArray(value) &&
    value.every((role) => typeof role === "string");
  return isList ? value : null;
}
