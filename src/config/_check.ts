import type {
  AnyEntry,
  AnyFields,
  AnyItems,
  Fields,
  Variants,
} from "./entries.ts";
import { formatPath, type Path } from "./_locate.ts";
import { walkFields } from "./_walk.ts";
import { oneOf } from "./scalars.ts";
import { suggest } from "./suggest.ts";
import { expectation } from "./text.ts";

/** A value that does not fit the schema; `path` says which. */
export class Misfit extends Error {
  override readonly name = "Misfit";
  readonly path: Path;

  constructor(path: Path, problem: string) {
    super(problem);
    this.path = path;
  }
}

/** A mapping of YAML keys. */
export type Mapping = Readonly<Record<string, unknown>>;

/**
 * Turns what YAML gave into what the program works with; what is left out
 * gets its default.
 * @throws {Misfit} At the first key or value that does not fit.
 */
export function check<Value>(
  fields: Fields<Value> & AnyFields,
  value: unknown,
): Value {
  return new Checker(fields).checkMapping(fields, value, []) as Value;
}

class Checker {
  /** The whole schema: a key found in a wrong place is looked up in it. */
  readonly #root: AnyFields;

  constructor(root: AnyFields) {
    this.#root = root;
  }

  checkMapping(fields: AnyFields, value: unknown, path: Path): Mapping {
    const mapping = asMapping(value, path);
    const entries = Object.entries(fields);
    const known = entries.map(([, entry]) => entry.key);
    for (const key of Object.keys(mapping)) {
      if (!known.includes(key)) throw this.#unknownKey(path, key, known);
    }
    const result: Record<string, unknown> = {};
    for (const [name, entry] of entries) {
      const { key } = entry;
      const found = Object.hasOwn(mapping, key) ? mapping[key] : undefined;
      result[name] = this.#checkEntry(entry, found, [...path, key]);
    }
    return result;
  }

  #checkEntry(entry: AnyEntry, value: unknown, path: Path): unknown {
    switch (entry.kind) {
      case "section":
        return this.checkMapping(entry.fields, value, path);
      case "variants":
        return this.#checkVariants(entry, value, path);
      case "items":
        return this.#checkItems(entry, value, path);
      case "field": {
        const { scalar, initial } = entry;
        const given = value === undefined ? initial : value;
        const checked = given === undefined ? given : scalar.parse(given);
        if (checked !== undefined) return checked;
        throw new Misfit(path, expectation(scalar.expected, value));
      }
    }
  }

  #checkVariants(entry: Variants<unknown>, value: unknown, path: Path) {
    const items = value ?? [{}];
    if (!Array.isArray(items) || items.length === 0) {
      const expected = "a list of at least one entry";
      throw new Misfit(path, expectation(expected, value));
    }
    return items.map((item, index) => {
      const { type, ...rest } = asMapping(item, [...path, index]);
      const variant = type === undefined
        ? entry.variants[0]
        : entry.variants.find((candidate) => candidate.type === type);
      if (variant === undefined) {
        const types = entry.variants.map((candidate) => candidate.type);
        const problem = expectation(oneOf(...types).expected, type);
        throw new Misfit([...path, index, "type"], problem);
      }
      const values = this.checkMapping(variant.fields, rest, [...path, index]);
      return variant.build(values);
    });
  }

  #checkItems({ fields }: AnyItems, value: unknown, path: Path) {
    const items = value ?? [];
    if (!Array.isArray(items)) {
      throw new Misfit(path, expectation("a list", value));
    }
    return items.map((item, index) =>
      this.checkMapping(fields, item, [...path, index])
    );
  }

  #unknownKey(path: Path, key: string, siblings: string[]): Misfit {
    const own = formatPath([...path, key]);
    const meant = this.#namesake(key, own) ??
      this.#neighbour(path, key, siblings) ??
      this.#nearest(key);
    const hint = meant === undefined
      ? ""
      : meant === own
      ? " for this type, another one has it"
      : `, did you mean ${meant}?`;
    return new Misfit([...path, key], `unknown key${hint}`);
  }

  /**
   * The right key in a wrong place, or the name that Mosquitto gives it. Where
   * several have it, `own` is one for another type, or the highest is meant.
   */
  #namesake(key: string, own = ""): string | undefined {
    const paths = [...walkFields(this.#root)]
      .filter(({ field }) => field.key === key || field.mosquittoName === key)
      .map(({ path }) => path);
    if (paths.some((path) => formatPath(path) === own)) return own;
    const shortest = Math.min(...paths.map((path) => path.length));
    const found = paths.find((path) => path.length === shortest);
    return found && formatPath(found);
  }

  /** The key that stands here and is spelt almost the same. */
  #neighbour(path: Path, key: string, siblings: string[]): string | undefined {
    const nearest = suggest(key, siblings);
    return nearest && formatPath([...path, nearest]);
  }

  /** The key that stands elsewhere and is spelt almost the same. */
  #nearest(key: string): string | undefined {
    const keys = [...walkFields(this.#root)].map(({ field }) => field.key);
    const nearest = suggest(key, keys);
    return nearest && this.#namesake(nearest);
  }
}

/** A key with nothing below it counts as an empty mapping. */
function asMapping(value: unknown, path: Path): Mapping {
  if (value === undefined || value === null) return {};
  const isMapping = typeof value === "object" && !Array.isArray(value) &&
    !(value instanceof Date);
  if (isMapping) return value as Mapping;
  throw new Misfit(path, expectation('keys with values ("key: value")', value));
}
