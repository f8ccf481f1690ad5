import {
  createLocalJWKSet,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";
import type { PluginContext } from "../../api.ts";
import { type Fetch, maximumAgeMs, request } from "../_http.ts";
import { isExposed, misfit, requireNet } from "../_options.ts";
import { KeyFile } from "./key_file.ts";
import { type KeyOrigin, KeySet, type LoadedKeys } from "./key_set.ts";
import { type JwtOptions, readSecret } from "./options.ts";
import { staticKey } from "./static_key.ts";

/** What keys are found with, outside the plugin. */
export interface KeySurroundings {
  readonly fetch: Fetch;
  readonly nowMs: () => number;
  readonly readTextFile: (path: string) => Promise<string>;
  /** Something that is different once the file is. */
  readonly fingerprint: (path: string) => Promise<string>;
  readonly readVariable: (name: string) => string | undefined;
  readonly log: PluginContext["log"];
}

/**
 * Finds what tokens are verified with. Keys of a URL are asked for in the
 * background: the broker starts also while the issuer is away.
 * @throws {TypeError} If the options lead to nothing that can be used.
 */
export async function openKeys(
  options: JwtOptions,
  surroundings: KeySurroundings,
): Promise<JWTVerifyGetKey> {
  const { jwksUrl, jwksFile, keyFile, secretFile } = options;
  const secretKey = (text: string): JWTVerifyGetKey => {
    const secret = readSecret(text, options);
    return () => secret;
  };
  if (jwksUrl !== null) {
    return await openWebKeys(jwksUrl, options, surroundings);
  }
  if (jwksFile !== null) {
    const read = (text: string) => createLocalJWKSet(parseKeys(text));
    return await openFile("jwks_file", jwksFile, { read, ...surroundings });
  }
  if (keyFile !== null) {
    return await openFile("key_file", keyFile, {
      read: staticKey,
      ...surroundings,
    });
  }
  if (secretFile !== null) {
    return await openFile("secret_file", secretFile, {
      read: secretKey,
      ...surroundings,
    });
  }
  const name = options.secretEnv!;
  return await orMisfit("secret_env", () => {
    const text = surroundings.readVariable(name);
    if (text === undefined) throw new TypeError(`${name} is not set`);
    return Promise.resolve(secretKey(text));
  });
}

async function openWebKeys(
  url: string,
  options: JwtOptions,
  surroundings: KeySurroundings,
): Promise<JWTVerifyGetKey> {
  await requireNet("jwks_url", url);
  if (isExposed(url)) {
    surroundings.log(
      "warn",
      "jwks_url is neither https nor local: keys can be forged",
    );
  }
  const origin = new WebKeys(url, options, surroundings.fetch);
  const keys = keySet(origin, options, surroundings);
  keys.load();
  return keys.find;
}

async function openFile(
  key: string,
  path: string,
  { read, ...surroundings }: KeySurroundings & {
    readonly read: (text: string) => JWTVerifyGetKey;
  },
): Promise<JWTVerifyGetKey> {
  const file = await orMisfit(key, () =>
    KeyFile.open(path, read, {
      ...surroundings,
      onFailure: ({ message }) =>
        surroundings.log(
          "error",
          `${key} has changed and cannot be used, what it had stays: ${message}`,
        ),
    }));
  return file.find;
}

function keySet(
  origin: KeyOrigin,
  options: JwtOptions,
  { nowMs, log }: KeySurroundings,
): KeySet {
  const times = {
    lifetimeMs: options.keysLifetimeMs,
    staleMs: options.keysStaleMs,
    coolDownMs: options.keysCoolDownMs,
  };
  return new KeySet(origin, times, {
    nowMs,
    onFailure({ message }, isServed) {
      const consequence = isServed
        ? "the old ones stay for now"
        : "nobody is let in";
      log("error", `keys cannot be had, ${consequence}: ${message}`);
    },
  });
}

/** Keys that the issuer publishes. */
class WebKeys implements KeyOrigin {
  readonly #url: string;
  readonly #options: JwtOptions;
  readonly #fetch: Fetch;

  constructor(url: string, options: JwtOptions, fetch: Fetch) {
    this.#url = url;
    this.#options = options;
    this.#fetch = fetch;
  }

  async load(): Promise<LoadedKeys> {
    const { requestTimeoutMs, maximumKeysBytes } = this.#options;
    const { status, headers, body } = await request(this.#fetch, this.#url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      timeoutMs: requestTimeoutMs,
      maximumBytes: maximumKeysBytes,
    });
    if (status !== 200) throw new Error(`the issuer answered ${status}`);
    return {
      keys: parseKeys(new TextDecoder().decode(body)),
      lifetimeMs: maximumAgeMs(headers),
    };
  }
}

function parseKeys(text: string): JSONWebKeySet {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON.parse would quote what it found.
    throw new TypeError("what should be keys is not JSON");
  }
  const keys = (value as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new TypeError('there are no "keys" in it');
  return { keys };
}

async function orMisfit<Result>(
  key: string,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotCapable
      ? `it is not among the permissions of the plugin (${error.message})`
      : error instanceof Error
      ? error.message
      : String(error);
    throw misfit(key, reason);
  }
}
