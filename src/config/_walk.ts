import type { AnyFields, Field } from "./entries.ts";
import type { Path } from "./_locate.ts";

/** A field of the schema and one place where it stands. */
export interface PlacedField {
  readonly path: Path;
  readonly field: Field<unknown>;
}

/**
 * Lists every field below `fields` with its path, in the order of the table.
 * A list is walked as if it had `itemCount` entries.
 */
export function* walkFields(
  fields: AnyFields,
  itemCount = 1,
  path: Path = [],
): Generator<PlacedField> {
  for (const entry of Object.values(fields)) {
    const own = [...path, entry.key];
    if (entry.kind === "field") {
      yield { path: own, field: entry };
    } else if (entry.kind === "section") {
      yield* walkFields(entry.fields, itemCount, own);
    } else {
      for (let index = 0; index < itemCount; index++) {
        for (const { fields } of entry.variants) {
          yield* walkFields(fields, itemCount, [...own, index]);
        }
      }
    }
  }
}
