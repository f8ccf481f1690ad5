import { check, Misfit } from "../../../config/_check.ts";
import { formatPath } from "../../../config/_locate.ts";
import type { AnyFields, Fields } from "../../../config/entries.ts";
import { PATH, type Scalar, TEXTS } from "../../../config/scalars.ts";

/**
 * Checks the options of a plugin as the configuration itself is checked.
 * @throws {TypeError} At the first that does not fit; it says which.
 */
export function readOptions<Value>(
  fields: Fields<Value> & AnyFields,
  options: unknown,
): Value {
  try {
    return check<Value>(fields, options);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw misfit(formatPath(error.path), error.message);
  }
}

/** An option that does not fit: the error that keeps a plugin from starting. */
export function misfit(key: string, problem: string): TypeError {
  return new TypeError(`options.${key}: ${problem}`);
}

/** Text that is not empty. */
export const TEXT: Scalar<string> = {
  expected: "text",
  values: "text",
  parse: PATH.parse,
};

/** The same, or `none` for null. */
export const TEXT_OR_NONE: Scalar<string | null> = {
  expected: "text or none",
  values: "text or none",
  parse: (value) => value === "none" ? null : TEXT.parse(value),
};

/** Texts, or `any` for an empty list. */
export const TEXTS_OR_ANY: Scalar<readonly string[]> = {
  expected: "any, text or a list of texts",
  values: "any or a list",
  parse: (value) =>
    value === "any" ? [] : value === "none" ? undefined : TEXTS.parse(value),
};

/** An address on the web, or `none` for null. */
export const WEB_ADDRESS_OR_NONE: Scalar<string | null> = {
  expected: "a URL that begins with https:// or http://, or none",
  values: "a URL or none",
  parse(value) {
    if (value === "none") return null;
    const url = typeof value === "string" ? URL.parse(value) : null;
    const isWeb = url !== null && /^https?:$/.test(url.protocol) &&
      // They would go out in a header of their own kind, and into logs.
      url.username === "" && url.password === "";
    return isWeb ? url.href : undefined;
  },
};

/** `host:port` of a URL, as `permissions.net` has it. */
export function hostOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/**
 * Whether others can read along on the way to `url`: it is neither encrypted
 * nor on this machine.
 */
export function isExposed(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const isLocal = hostname === "localhost" || hostname === "[::1]" ||
    hostname.startsWith("127.");
  return protocol === "http:" && !isLocal;
}

/**
 * @throws {TypeError} If the plugin may not reach `url`: better at the start
 * than at the first client.
 */
export async function requireNet(key: string, url: string): Promise<void> {
  const host = hostOf(url);
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state !== "granted") {
    throw misfit(key, `add ${host} to permissions.net of the plugin`);
  }
}
