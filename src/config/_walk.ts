import type { AnyFields, Field } from "./entries.ts";
import type { Path } from "./_locate.ts";

/** A field of the schema and one place where it stands. */
export interface PlacedField {
  readonly path: Path;
  readonly field: Field<unknown>;
}

/** How many entries each list has, by its key; one if it is not named. */
export type ItemCounts = Readonly<Record<string, number>>;

/**
 * Lists every field below `fields` with its path, in the order of the table.
 */
export function* walkFields(
  fields: AnyFields,
  counts: ItemCounts = {},
  path: Path = [],
): Generator<PlacedField> {
  for (const entry of Object.values(fields)) {
    const own = [...path, entry.key];
    if (entry.kind === "field") {
      yield { path: own, field: entry };
    } else if (entry.kind === "section") {
      yield* walkFields(entry.fields, counts, own);
    } else {
      const kinds = entry.kind === "items" ? [entry] : entry.variants;
      for (let index = 0; index < (counts[entry.key] ?? 1); index++) {
        for (const { fields } of kinds) {
          yield* walkFields(fields, counts, [...own, index]);
        }
      }
    }
  }
}
