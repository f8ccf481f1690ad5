import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from "jose";
import { KeysUnavailableError } from "./key_set.ts";

/** What a token has to be. */
export interface TokenPolicy {
  readonly algorithms: readonly string[];
  /** Empty for any. */
  readonly issuers: readonly string[];
  /** One of them has to be among those of the token; empty for any. */
  readonly audiences: readonly string[];
  readonly leewayMs: number;
  /** Whether a token has to say when it ends. */
  readonly requiresExpiry: boolean;
}

/** What came of looking at a token. */
export type TokenResult =
  | { readonly claims: JWTPayload; readonly cause: null }
  | {
    readonly claims: null;
    /** For the log: nothing of the token but names of claims. */
    readonly cause: string;
    /** Nobody knows whether it is good. */
    readonly isUnavailable: boolean;
  };

/** Whether a password, or a user name, is meant as a token. */
export function isToken(text: string): boolean {
  if (!/^[\w-]+\.[\w-]*\.[\w-]*$/.test(text)) return false;
  try {
    return typeof decodeProtectedHeader(text).alg === "string";
  } catch {
    return false;
  }
}

/** Verifies the signature of `token` and what every token claims. */
export async function verifyToken(
  token: string,
  policy: TokenPolicy,
  { findKey, nowMs }: { findKey: JWTVerifyGetKey; nowMs: number },
): Promise<TokenResult> {
  const { algorithms, issuers, audiences, leewayMs, requiresExpiry } = policy;
  const options: JWTVerifyOptions = {
    algorithms: [...algorithms],
    issuer: issuers.length === 0 ? undefined : [...issuers],
    audience: audiences.length === 0 ? undefined : [...audiences],
    clockTolerance: leewayMs / 1_000,
    currentDate: new Date(nowMs),
    requiredClaims: requiresExpiry ? ["exp"] : [],
  };
  try {
    return { claims: await verify(token, findKey, options), cause: null };
  } catch (error) {
    return {
      claims: null,
      cause: causeOf(error),
      isUnavailable: error instanceof KeysUnavailableError,
    };
  }
}

/** A token that names no key may be signed by any that fits its algorithm. */
async function verify(
  token: string,
  findKey: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, findKey, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (error) {
        const isOther = error instanceof errors.JWSSignatureVerificationFailed;
        if (!isOther) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function causeOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "the token has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === "missing"
      ? `the token has no claim "${error.claim}"`
      : `the token's claim "${error.claim}" is not accepted`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "the token's signature is wrong";
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return "the token's algorithm is not allowed, or not that of the key";
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return "no key is known that the token could be signed with";
  }
  return error instanceof Error ? error.message : String(error);
}
