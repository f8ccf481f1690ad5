import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import type { PluginContext } from "../../api.ts";
import { type Fetch, maximumAgeMs, request } from "../_http.ts";
import { isExposed, misfit, requireNet } from "../_options.ts";
import { type KeyOrigin, KeySet, type LoadedKeys } from "./key_set.ts";
import { type JwtOptions, readSecret } from "./options.ts";
import { staticKey } from "./static_key.ts";

/** What keys are found with, outside the plugin. */
export interface KeySurroundings {
  readonly fetch: Fetch;
  readonly nowMs: () => number;
  readonly readTextFile: (path: string) => Promise<string>;
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
  const { jwksUrl, jwksFile, keyFile } = options;
  const { log } = surroundings;
  if (jwksUrl !== null) {
    await requireNet("jwks_url", jwksUrl);
    if (isExposed(jwksUrl)) {
      log("warn", "jwks_url is neither https nor local: keys can be forged");
    }
    const keys = keySet(
      new WebKeys(jwksUrl, options, surroundings.fetch),
      options,
      surroundings,
    );
    keys.load();
    return keys.find;
  }
  const { readTextFile } = surroundings;
  if (jwksFile !== null) {
    const load = async () => ({
      keys: parseKeys(await readTextFile(jwksFile)),
      lifetimeMs: null,
    });
    await orMisfit("jwks_file", load);
    return keySet({ load }, options, surroundings).find;
  }
  if (keyFile !== null) {
    return await orMisfit(
      "key_file",
      async () => staticKey(await readTextFile(keyFile)),
    );
  }
  const secret = await openSecret(options, surroundings);
  return () => secret;
}

async function openSecret(
  options: JwtOptions,
  { readTextFile, readVariable }: KeySurroundings,
): Promise<Uint8Array> {
  const { secretFile, secretEnv } = options;
  if (secretFile !== null) {
    return await orMisfit(
      "secret_file",
      async () => readSecret(await readTextFile(secretFile), options),
    );
  }
  return await orMisfit("secret_env", () => {
    const text = readVariable(secretEnv!);
    if (text === undefined) throw new TypeError(`${secretEnv} is not set`);
    return Promise.resolve(readSecret(text, options));
  });
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
