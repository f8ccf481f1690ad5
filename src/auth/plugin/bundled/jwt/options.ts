import { field, type Fields } from "../../../../config/entries.ts";
import {
  listOf,
  MAPPING,
  milliseconds,
  oneOf,
  PATH_OR_NONE,
  size,
} from "../../../../config/scalars.ts";
import {
  misfit,
  readOptions,
  TEXT,
  TEXT_OR_NONE,
  TEXTS_OR_ANY,
  WEB_ADDRESS_OR_NONE,
} from "../_options.ts";

/** Signed with a private key, verified with a public one. */
const PUBLIC_KEY_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

/** Signed and verified with the same secret. */
const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;

/** How long a secret has to be (RFC 7518, 3.2). */
const SECRET_BYTES: Readonly<Record<string, number>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
};

/** What the plugin `jwt` can be told. */
export interface JwtOptions {
  readonly tokenFrom: "password" | "user_name";
  readonly jwksUrl: string | null;
  readonly jwksFile: string | null;
  readonly keyFile: string | null;
  readonly secretFile: string | null;
  readonly secretEnv: string | null;
  readonly secretEncoding: "text" | "base64";
  /** Never empty once they are read. */
  readonly algorithms: readonly string[];
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly requiredClaims: Readonly<Record<string, unknown>>;
  readonly expiry: "required" | "optional";
  readonly leewayMs: number;
  readonly userClaim: string;
  readonly rolesClaim: string | null;
  readonly aclClaim: string | null;
  readonly keysLifetimeMs: number;
  readonly keysStaleMs: number;
  readonly keysCoolDownMs: number;
  readonly requestTimeoutMs: number;
  readonly maximumKeysBytes: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/** The options and their defaults. */
export const JWT_FIELDS: Fields<JwtOptions> = {
  tokenFrom: field("token_from", oneOf("password", "user_name"), {
    initial: "password",
    summary: "where in CONNECT the token stands",
  }),
  jwksUrl: field("jwks_url", WEB_ADDRESS_OR_NONE, {
    initial: "none",
    summary: "where the issuer publishes its keys",
  }),
  jwksFile: field("jwks_file", PATH_OR_NONE, {
    initial: "none",
    summary: "a file with such keys",
  }),
  keyFile: field("key_file", PATH_OR_NONE, {
    initial: "none",
    summary: "one public key, or a certificate, in PEM",
  }),
  secretFile: field("secret_file", PATH_OR_NONE, {
    initial: "none",
    summary: "a secret that is shared with the issuer",
  }),
  secretEnv: field("secret_env", TEXT_OR_NONE, {
    initial: "none",
    summary: "the name of a variable with such a secret",
  }),
  secretEncoding: field("secret_encoding", oneOf("text", "base64"), {
    initial: "text",
    summary: "how the secret is written",
  }),
  algorithms: field(
    "algorithms",
    listOf(...PUBLIC_KEY_ALGORITHMS, ...SECRET_ALGORITHMS),
    {
      initial: "none",
      summary: "what tokens may be signed with, such as [ES256, RS256]; none " +
        "takes HS256 with a secret, and all with public keys without one",
    },
  ),
  issuers: field("issuer", TEXTS_OR_ANY, {
    initial: "any",
    summary: "what the claim iss has to be; a token of another issuer is " +
      "left to the next authenticator",
  }),
  audiences: field("audience", TEXTS_OR_ANY, {
    summary: "what the claim aud has to contain; any also takes tokens that " +
      "were made for others",
  }),
  requiredClaims: field("claims", MAPPING, {
    initial: "none",
    summary: "what other claims have to be, or contain; %c and %u stand for " +
      "the client identifier and the user name in CONNECT",
  }),
  expiry: field("expiry", oneOf("required", "optional"), {
    initial: "required",
    summary: "whether a token has to say when it ends",
  }),
  leewayMs: field("leeway", milliseconds({ from: 0, to: 10 * 60_000 }), {
    initial: "5s",
    summary: "how far the clock of the issuer may be off",
  }),
  userClaim: field("user_claim", TEXT, {
    initial: "sub",
    summary: "the claim that is the user name; a.b is b within a",
  }),
  rolesClaim: field("roles_claim", TEXT_OR_NONE, {
    initial: "none",
    summary: "the claim with roles of auth.roles_file",
  }),
  aclClaim: field("acl_claim", TEXT_OR_NONE, {
    initial: "none",
    summary: "the claim with rules",
  }),
  keysLifetimeMs: field(
    "keys_lifetime",
    milliseconds({ from: 1_000, to: DAY_MS }),
    { initial: "10m", summary: "the longest time between two looks at keys" },
  ),
  keysStaleMs: field(
    "keys_stale",
    milliseconds({ from: 0, to: 30 * DAY_MS }),
    {
      initial: "1h",
      summary: "how long after that keys are used if they cannot be had",
    },
  ),
  keysCoolDownMs: field(
    "keys_cool_down",
    milliseconds({ from: 1_000, to: 60 * 60_000 }),
    {
      initial: "10s",
      summary: "the shortest time between two looks, whatever tokens name",
    },
  ),
  requestTimeoutMs: field(
    "request_timeout",
    milliseconds({ from: 100, to: 60_000 }),
    { initial: "3s", summary: "how long the issuer may take to answer" },
  ),
  maximumKeysBytes: field(
    "max_keys_size",
    size({ from: 128, to: 16 * 1_024 * 1_024 }),
    { initial: "256KiB", summary: "the largest set of keys that is read" },
  ),
};

/** The options that say which key tokens are verified with. */
const KEY_OPTIONS = {
  jwks_url: "jwksUrl",
  jwks_file: "jwksFile",
  key_file: "keyFile",
  secret_file: "secretFile",
  secret_env: "secretEnv",
} as const;

/**
 * Reads the options.
 * @throws {TypeError} At the first that does not fit.
 */
export function readJwtOptions(options: unknown): JwtOptions {
  const read = readOptions<JwtOptions>(JWT_FIELDS, options);
  const given = Object.entries(KEY_OPTIONS)
    .filter(([, name]) => read[name] !== null)
    .map(([key]) => key);
  const keys = Object.keys(KEY_OPTIONS).join(", ");
  if (given.length !== 1) {
    throw misfit(
      given[1] ?? "jwks_url",
      `expected exactly one of ${keys}, found ${given.join(", ") || "none"}`,
    );
  }
  const isSecret = given[0].startsWith("secret_");
  const possible: readonly string[] = isSecret
    ? SECRET_ALGORITHMS
    : PUBLIC_KEY_ALGORITHMS;
  // A public key is no secret: whoever knows it could sign with it.
  const alien = read.algorithms.find((each) => !possible.includes(each));
  if (alien !== undefined) {
    throw misfit(
      "algorithms",
      `expected some of ${possible.join(", ")} as ${given[0]} is there, ` +
        `found ${alien}`,
    );
  }
  return read.algorithms.length > 0
    ? read
    : { ...read, algorithms: isSecret ? ["HS256"] : possible };
}

/**
 * Reads a secret as it stands in a file or a variable.
 * @throws {TypeError} If it is none, or too short for `algorithms`.
 */
export function readSecret(
  text: string,
  { secretEncoding, algorithms }: JwtOptions,
): Uint8Array {
  const secret = secretEncoding === "base64"
    ? decodeBase64(text.trim())
    // Editors end a file with a line end.
    : new TextEncoder().encode(text.replace(/\r?\n$/, ""));
  const neededBytes = Math.max(
    ...algorithms.map((algorithm) => SECRET_BYTES[algorithm]),
  );
  if (secret.length < neededBytes) {
    throw new TypeError(
      `the secret has ${secret.length} bytes, ${algorithms.join(" and ")} ` +
        `needs ${neededBytes}`,
    );
  }
  return secret;
}

function decodeBase64(text: string): Uint8Array {
  try {
    const plain = text.replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
  } catch {
    throw new TypeError("the secret is not base64");
  }
}
