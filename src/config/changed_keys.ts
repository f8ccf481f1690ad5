import { formatPath } from "./_locate.ts";
import type { Config } from "./config.ts";
import type { AnyFields, AnySection } from "./entries.ts";
import { SCHEMA } from "./schema.ts";

/**
 * The keys of `section`, as they stand in YAML, whose values differ between
 * the two: `persistence.path`.
 */
export function changedKeys(
  section: "persistence" | "admin" | "tracing",
  current: Config,
  wanted: Config,
): string[] {
  const { key, fields } = (SCHEMA as AnyFields)[section] as AnySection;
  const [before, after] = [current, wanted].map((config) =>
    config[section] as unknown as Readonly<Record<string, unknown>>
  );
  return Object.entries(fields)
    .filter(([name]) =>
      JSON.stringify(before[name]) !== JSON.stringify(after[name])
    )
    .map(([, entry]) => formatPath([key, entry.key]));
}
