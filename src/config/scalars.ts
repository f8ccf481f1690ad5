import { SESSION_NEVER_EXPIRES } from "../broker/limits.ts";

/**
 * One kind of value that a key can have.
 * @typeParam Value What the program works with once the value is checked.
 */
export interface Scalar<Value> {
  /** Completes "expected …" in messages. */
  readonly expected: string;
  /** The same in a few words, for the example. */
  readonly values: string;
  /** Takes what YAML gave; undefined if that is not such a value. */
  parse(value: unknown): Value | undefined;
}

/** Both ends belong to the range. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
};

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** `true` or `false`. */
export const BOOLEAN: Scalar<boolean> = {
  expected: "true or false",
  values: "true or false",
  parse: (value) => typeof value === "boolean" ? value : undefined,
};

/** `true`, `false` or `auto`. */
export const BOOLEAN_OR_AUTO: Scalar<boolean | "auto"> = {
  expected: "true, false or auto",
  values: "true, false or auto",
  parse: (value) =>
    typeof value === "boolean" || value === "auto" ? value : undefined,
};

/** A whole number. */
export function integer(range: Range): Scalar<number> {
  const values = `${range.from} to ${range.to}`;
  return {
    expected: `a whole number from ${values}`,
    values,
    parse: (value) => inRange(value, range),
  };
}

/** A part of the whole. */
export const RATIO: Scalar<number> = {
  expected: "a number from 0 to 1",
  values: "0 to 1",
  parse: (value) =>
    typeof value === "number" && value >= 0 && value <= 1 ? value : undefined,
};

/** A whole number, or `none` for no limit. */
export function countOrNone(to: number): Scalar<number> {
  const { parse } = integer({ from: 1, to });
  return {
    expected: `a whole number from 1 to ${to}, or none`,
    values: `1 to ${to}, or none`,
    parse: (value) => value === "none" ? Infinity : parse(value),
  };
}

/** A size, or `none` for no limit. */
export function sizeOrNone(range: Range): Scalar<number> {
  const { expected, values, parse } = size(range);
  return {
    expected: `${expected}, or none`,
    values: `${values}, or none`,
    parse: (value) => value === "none" ? Infinity : parse(value),
  };
}

/** One of a few words or numbers. */
export function oneOf<const Choice extends string | number>(
  ...choices: Choice[]
): Scalar<Choice> {
  const values = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  return {
    expected: values,
    values,
    parse: (value) => choices.find((choice) => choice === value),
  };
}

/** Bytes, as a number or with a unit: `65536`, `64KiB`. The unit is bytes. */
export function size(range: Range): Scalar<number> {
  const values = `${formatSize(range.from)} to ${formatSize(range.to)}`;
  return {
    expected: `a size such as 64KiB, from ${values}`,
    values,
    parse: (value) => inRange(withUnit(value, BYTES_PER_UNIT, 1), range),
  };
}

/** A time in milliseconds; a number without unit counts seconds. */
export function milliseconds({ from, to }: Range): Scalar<number> {
  const values = `${formatDuration(from)} to ${formatDuration(to)}`;
  return {
    expected: `a duration such as 500ms or 10s, from ${values}`,
    values,
    parse: (value) =>
      inRange(withUnit(value, MS_PER_UNIT, 1_000), { from, to }),
  };
}

/** A time in whole seconds; a number without unit counts seconds. */
export function seconds(range: Range): Scalar<number> {
  const from = formatDuration(range.from * 1_000);
  const values = `${from} to ${formatDuration(range.to * 1_000)}`;
  return {
    expected: `a duration such as 60s or 2h, from ${values}`,
    values,
    parse(value) {
      const ms = withUnit(value, MS_PER_UNIT, 1_000);
      return ms === undefined ? undefined : inRange(ms / 1_000, range);
    },
  };
}

/** A duration in seconds, or `never` for {@linkcode SESSION_NEVER_EXPIRES}. */
export function secondsOrNever(): Scalar<number> {
  // One less than "never" is the longest interval that the protocol can name.
  const duration = seconds({ from: 0, to: SESSION_NEVER_EXPIRES - 1 });
  return {
    expected: "never or a duration such as 2h or 30d",
    values: "a duration or never",
    parse: (value) =>
      value === "never" ? SESSION_NEVER_EXPIRES : duration.parse(value),
  };
}

/** The host and port of a listener. */
export interface Address {
  /** An IP address or a host name; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** The port of a listener; 0 lets the system choose. */
export const PORT: Scalar<number> = integer({ from: 0, to: 65_535 });

/** The path of a file. */
export const PATH: Scalar<string> = {
  expected: "the path of a file",
  values: "a path",
  parse: (value) =>
    typeof value === "string" && value !== "" ? value : undefined,
};

/** The path of a file, or `none` for null. */
export const PATH_OR_NONE: Scalar<string | null> = {
  expected: "the path of a file, or none",
  values: "a path or none",
  parse(value) {
    if (typeof value !== "string" || value === "") return undefined;
    return value === "none" ? null : value;
  },
};

/** Permission bits of a file, in octal digits. */
export const FILE_MODE: Scalar<number> = {
  expected: 'permission bits in quotes, such as "0660"',
  values: "octal digits in quotes",
  parse: (value) =>
    typeof value === "string" && /^0?[0-7]{3}$/.test(value)
      ? Number.parseInt(value, 8)
      : undefined,
};

/** The path in a URL. */
export const URL_PATH: Scalar<string> = {
  expected: "a path such as /mqtt",
  values: "a path that begins with /",
  parse: (value) =>
    typeof value === "string" && /^\/[\w!$&'()*+,;=:@%/.~-]*$/.test(value)
      ? value
      : undefined,
};

/** Origins of web pages, in lower case; `any` for null. */
export const ORIGINS: Scalar<readonly string[] | null> = {
  expected:
    "any, or origins such as [https://a.example, http://b.example:8080]",
  values: "any or a list of origins",
  parse(value) {
    if (value === "any") return null;
    // A variable has them in one line, with commas between them.
    const origins = typeof value === "string" ? value.split(",") : value;
    if (!Array.isArray(origins) || origins.length === 0) return undefined;
    const checked = origins.map((origin) => parseOrigin(origin));
    return checked.includes(undefined) ? undefined : checked as string[];
  },
};

function parseOrigin(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim().toLowerCase();
  return URL.parse(text)?.origin === text ? text : undefined;
}

/** Texts, one or a list; `none` for an empty list. */
export const TEXTS: Scalar<readonly string[]> = {
  expected: "none or a list of texts",
  values: "none or a list",
  parse(value) {
    if (value === "none") return [];
    // A variable has them in one line, with commas between them.
    const texts = typeof value === "string" ? value.split(",") : value;
    if (!Array.isArray(texts)) return undefined;
    const trimmed = texts.map((text) =>
      typeof text === "string" ? text.trim() : ""
    );
    return trimmed.includes("") ? undefined : trimmed;
  },
};

/** A list of some of `choices`, without repetition. */
export function listOf<const Choice extends string>(
  ...choices: Choice[]
): Scalar<readonly Choice[]> {
  return {
    expected: `none or a list out of ${choices.join(", ")}`,
    values: "none or a list of these",
    parse(value) {
      const texts = TEXTS.parse(value);
      const found = texts?.map((text) =>
        choices.find((choice) => choice === text)
      );
      return found === undefined || found.includes(undefined)
        ? undefined
        : [...new Set(found as Choice[])];
    },
  };
}

/** A list of names, each once; it may be empty. */
export function listOfNames(what: string): Scalar<readonly string[]> {
  return {
    expected: `a list of ${what}`,
    values: `a list of ${what}`,
    parse(value) {
      const names = Array.isArray(value) && value.length === 0
        ? []
        : TEXTS.parse(value);
      return names?.every((name) => NAME.parse(name) !== undefined)
        ? [...new Set(names)]
        : undefined;
    },
  };
}

/** One word, or a value of another kind. */
export function wordOr<const Word extends string, Value>(
  word: Word,
  { expected, values, parse }: Scalar<Value>,
): Scalar<Word | Value> {
  return {
    expected: `${word} or ${expected}`,
    values: `${word} or ${values}`,
    parse: (value) => value === word ? word : parse(value),
  };
}

/** Keys and values that only somebody else understands; `none` for no keys. */
export const MAPPING: Scalar<Readonly<Record<string, unknown>>> = {
  expected: "none or keys with values",
  values: "none or keys with values",
  parse(value) {
    if (value === "none") return {};
    const isMapping = typeof value === "object" && value !== null &&
      !Array.isArray(value) && !(value instanceof Date);
    return isMapping ? value as Readonly<Record<string, unknown>> : undefined;
  },
};

/** A name of letters, digits, `_` and `-`. */
export const NAME: Scalar<string> = {
  expected: "a name of letters, digits, _ and -",
  values: "a name",
  parse: (value) =>
    typeof value === "string" && /^[A-Za-z][\w-]{0,63}$/.test(value)
      ? value
      : undefined,
};

/** How much is logged. */
export const LOG_LEVEL = oneOf("debug", "info", "warn", "error");

/** `host:port`, with an IPv6 address in brackets. */
export const ADDRESS: Scalar<Address> = {
  expected: '"host:port" such as "127.0.0.1:1883" or "[::1]:1883"',
  values: "host:port",
  parse(value) {
    if (typeof value !== "string") return undefined;
    const match = /^(?:\[([\w:.%]+)\]|([\w.-]+)):(\d{1,5})$/.exec(
      value,
    );
    if (match === null) return undefined;
    const port = PORT.parse(Number(match[3]));
    if (port === undefined) return undefined;
    return { hostname: match[1] ?? match[2], port };
  },
};

/** {@linkcode ADDRESS}, or `none` for null. */
export const ADDRESS_OR_NONE: Scalar<Address | null> = {
  expected: `${ADDRESS.expected}, or none`,
  values: "host:port or none",
  parse: (value) => value === "none" ? null : ADDRESS.parse(value),
};

/** Names of hosts, in lower case; `none` for null. */
export const HOST_NAMES: Scalar<readonly string[] | null> = {
  expected: "none, or names of hosts such as [rqtt.example, broker]",
  values: "none or a list of names",
  parse(value) {
    if (value === "none") return null;
    const names = typeof value === "string" ? value.split(",") : value;
    if (!Array.isArray(names) || names.length === 0) return undefined;
    const isName = (name: unknown) =>
      typeof name === "string" && /^[\w.-]{1,253}$/.test(name.trim());
    return names.every(isName)
      ? names.map((name: string) => name.trim().toLowerCase())
      : undefined;
  },
};

/** Writes an address as {@linkcode ADDRESS} reads it. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

/** Writes a duration in the largest unit that leaves a whole number. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return "0";
  let text = `${durationMs}ms`;
  for (const unit of ["s", "m", "h", "d"]) {
    const amount = durationMs / MS_PER_UNIT[unit];
    if (Number.isInteger(amount)) text = `${amount}${unit}`;
  }
  return text;
}

function formatSize(sizeBytes: number): string {
  let text = String(sizeBytes);
  for (const unit of ["KiB", "MiB", "GiB"]) {
    const amount = sizeBytes / BYTES_PER_UNIT[unit];
    if (amount >= 1 && Number.isInteger(amount)) text = `${amount}${unit}`;
  }
  return text;
}

/** A number counts `unitless` each; text is a whole number and a unit. */
function withUnit(
  value: unknown,
  units: Readonly<Record<string, number>>,
  unitless: number,
): number | undefined {
  if (typeof value === "number") return value * unitless;
  if (typeof value !== "string") return undefined;
  // As a duration of nothing is written.
  if (value === "0") return 0;
  const match = /^(\d+) ?([A-Za-z]+)$/.exec(value);
  if (match === null || !Object.hasOwn(units, match[2])) return undefined;
  return Number(match[1]) * units[match[2]];
}

function inRange(value: unknown, range: Range): number | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  return value >= range.from && value <= range.to ? value : undefined;
}
