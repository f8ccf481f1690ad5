/**
 * What a schema is made of; `schema.ts` has ours.
 */
import { integer, type Scalar } from "./scalars.ts";

/** One key with one value. */
export interface Field<Value> {
  readonly kind: "field";
  readonly key: string;
  readonly scalar: Scalar<Value>;
  /** The default, as people write it in YAML; without one the key must stand there. */
  readonly initial?: string | number | boolean;
  /** What the example shows in place of a default. */
  readonly placeholder?: string;
  /** What it does, in one sentence without full stop. */
  readonly summary: string;
  /** The name of the same setting in mosquitto.conf, if far from ours. */
  readonly mosquittoName?: string;
  /** Starts a part of the section in the example. */
  readonly heading?: string;
}

/** One key with a mapping below it. */
export interface Section<Value> {
  readonly kind: "section";
  readonly key: string;
  readonly summary: string;
  readonly fields: Fields<Value>;
}

/** One key with a sequence of mappings below it, told apart by `type`. */
export interface Variants<Item> {
  readonly kind: "variants";
  readonly key: string;
  readonly summary: string;
  /** By `type`; the first is the default. */
  readonly variants: readonly Variant<Item>[];
}

/** One key with a sequence of mappings below it, all of one kind. */
export interface Items<Item> {
  readonly kind: "items";
  readonly key: string;
  readonly summary: string;
  readonly fields: Fields<Item>;
}

/** One `type` that an item can have. */
export interface Variant<Item> {
  readonly type: string;
  /** What it is, in one sentence without full stop. */
  readonly summary: string;
  readonly fields: AnyFields;
  /** Takes one value for each of `fields`, by property name. */
  // deno-lint-ignore no-explicit-any -- only the variant knows its own fields
  build(values: any): Item;
}

/** What can stand in the table for a value of that type. */
export type Entry<Value> = [Value] extends [readonly (infer Item)[]]
  ? [Item] extends [object] ? Variants<Item> | Items<Item> : Field<Value>
  : Field<Value> | ([Value] extends [object] ? Section<Value> : never);

/** Every property of `Value`, so that none can be forgotten. */
export type Fields<Value> = {
  readonly [Name in keyof Value]: Entry<Value[Name]>;
};

/** {@linkcode Fields} of values that are not looked at. */
export type AnyFields = Readonly<Record<string, AnyEntry>>;

/** {@linkcode Entry} of a value that is not looked at. */
export type AnyEntry =
  | Field<unknown>
  | AnySection
  | AnyItems
  | Variants<unknown>;

/** {@linkcode Items} of values that are not looked at. */
export interface AnyItems extends Omit<Items<unknown>, "fields"> {
  readonly fields: AnyFields;
}

/** {@linkcode Section} of values that are not looked at. */
export interface AnySection extends Omit<Section<unknown>, "fields"> {
  readonly fields: AnyFields;
}

/** A {@linkcode Field} without the words that every one has. */
export function field<Value>(
  key: string,
  scalar: Scalar<Value>,
  rest: Omit<Field<Value>, "kind" | "key" | "scalar">,
): Field<Value> {
  return { kind: "field", key, scalar, ...rest };
}

/** A number of things of which there is at least one. */
export function count(to: number): Scalar<number> {
  return integer({ from: 1, to });
}
