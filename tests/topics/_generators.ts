import fc from "fast-check";

// Few levels, so that random names and filters often meet.
const LITERAL_LEVELS = ["", "a", "b", "ab", "é", "e\u0301", "$a", "😀"];

const literalLevel = fc.constantFrom(...LITERAL_LEVELS);
const filterLevel = fc.oneof(
  { weight: 3, arbitrary: literalLevel },
  { weight: 1, arbitrary: fc.constant("+") },
);

/** Valid Topic Names of one to seven levels, empty ones included. */
export const topicNames: fc.Arbitrary<string> = fc
  .array(literalLevel, { minLength: 1, maxLength: 7 })
  .map((levels) => levels.join("/"))
  .filter((name) => name !== "");

/** Valid Topic Filters of one to seven levels. */
export const topicFilters: fc.Arbitrary<string> = fc
  .tuple(fc.array(filterLevel, { maxLength: 6 }), filterLevel, fc.nat(3))
  .map(([levels, last, chance]) =>
    [...levels, chance === 0 ? "#" : last].join("/")
  )
  .filter((filter) => filter !== "");

/** Says by other means than the code under test what a filter matches. */
export function toRegExp(filter: string): RegExp {
  const dollar = /^[+#]/.test(filter) ? "(?!\\$)" : "";
  const pattern = filter
    .replace(/[\\^$.*?()[\]{}|]/g, "\\$&")
    .replaceAll("+", "[^/]*")
    .replace(/^#$/, ".*")
    .replace(/\/#$/, "(/.*)?");
  return new RegExp(`^${dollar}${pattern}$`, "su");
}

const encoder = new TextEncoder();

/** UTF-8 of a Topic Name with other bytes around it, as in a read buffer. */
export function surround(
  topicName: string,
): { bytes: Uint8Array; start: number; end: number } {
  const bytes = encoder.encode(`<${topicName}>`);
  return { bytes, start: 1, end: bytes.length - 1 };
}
