import type { Config, Listener } from "./config.ts";
import type { AnyEntry, AnyFields, Field } from "./entries.ts";
import { LISTENER_VARIANTS } from "./listeners.ts";
import { formatAddress, formatDuration } from "./scalars.ts";
import { SCHEMA } from "./schema.ts";

/** What stands in place of a value that may be a secret. */
const HIDDEN = "(hidden)";

/** Longest Session Expiry Interval, which is written as a word. */
const NEVER_SECONDS = 0xffff_ffff;

/** The configuration as people write it, with every key. */
export interface Described {
  [key: string]: DescribedValue;
}

/** What a key can have. */
export type DescribedValue =
  | string
  | number
  | boolean
  | DescribedValue[]
  | Described;

/**
 * Writes a configuration with the keys and units of YAML. Files are named, not
 * shown, and what a plugin is told may be a secret, so it is left out.
 */
export function describeConfig(config: Config): Described {
  return describeFields(SCHEMA, { ...config });
}

function describeFields(
  fields: AnyFields,
  values: Readonly<Record<string, unknown>>,
): Described {
  const described: Described = {};
  for (const [name, entry] of Object.entries(fields)) {
    // A listener leaves out what its type may do without.
    if (values[name] === undefined) continue;
    described[entry.key] = describeEntry(entry, name, values[name]);
  }
  return described;
}

function describeEntry(
  entry: AnyEntry,
  name: string,
  value: unknown,
): DescribedValue {
  switch (entry.kind) {
    case "field":
      return describeField(entry, name, value);
    case "section":
      return describeFields(entry.fields, value as Record<string, unknown>);
    case "items":
      return (value as Record<string, unknown>[]).map((item) =>
        describeFields(entry.fields, item)
      );
    case "variants":
      return (value as Listener[]).map(describeListener);
  }
}

/** A listener is made of parts that are keys of one mapping in YAML. */
function describeListener(listener: Listener): Described {
  const { type } = listener;
  const { fields } = LISTENER_VARIANTS.find((each) => each.type === type)!;
  const parts = listener.type === "unix" ? {} : {
    address: { hostname: listener.hostname, port: listener.port },
    ...listener.tls,
    ...listener.webSocket,
  };
  return { type, ...describeFields(fields, { ...listener, ...parts }) };
}

function describeField(
  { key }: Field<unknown>,
  name: string,
  value: unknown,
): DescribedValue {
  if (value === null || value === Infinity) {
    return key === "allowed_origins" ? "any" : "none";
  }
  if (Array.isArray(value)) return value;
  if (typeof value === "number") return describeNumber(name, value);
  if (typeof value === "object") {
    const mapping = value as Record<string, unknown>;
    if ("hostname" in mapping && "port" in mapping) {
      return formatAddress(mapping as { hostname: string; port: number });
    }
    return Object.fromEntries(
      Object.keys(mapping).map((each) => [each, HIDDEN]),
    );
  }
  return value as string | boolean;
}

/** The unit stands last in the name of a property. */
function describeNumber(name: string, value: number): string | number {
  // A 0 has no unit, and is a number in YAML.
  if (value === 0 && name !== "mode") return value;
  if (name.endsWith("Ms")) return formatDuration(value);
  if (name.endsWith("ExpiryCapSeconds") && value === NEVER_SECONDS) {
    return "never";
  }
  if (name.endsWith("Seconds")) return formatDuration(value * 1_000);
  if (name === "mode") return value.toString(8).padStart(4, "0");
  return value;
}
