import type {
  AnyEntry,
  AnyFields,
  AnyItems,
  Field,
  Variants,
} from "./entries.ts";
import { SCHEMA } from "./schema.ts";

const LINE_WIDTH = 80;

const PREFACE = [
  "The configuration of RQTT. Every key stands here with its default, and " +
  "behind it what it takes: keep what you change and delete the rest.",
  "Sizes take B, KiB, MiB, GiB, kB, MB or GB and count bytes without a unit; " +
  "durations take ms, s, m, h, d or w and count seconds without a unit.",
  "A variable stands over a key, and a flag over both: limits.max_qos is " +
  "RQTT_LIMITS_MAX_QOS, and the address of the first listener is " +
  "RQTT_LISTENERS_0_ADDRESS.",
];

/** Writes a configuration file that documents every key with its default. */
export function exampleYaml(): string {
  const lines = PREFACE.flatMap((text) => [...comment(text, ""), "#"]);
  lines.pop();
  for (const entry of Object.values<AnyEntry>(SCHEMA)) {
    lines.push("", ...writeEntry(entry, ""));
  }
  return lines.join("\n") + "\n";
}

function writeEntry(entry: AnyEntry, indent: string): string[] {
  switch (entry.kind) {
    case "section":
      return [
        ...comment(`${entry.summary}.`, indent),
        `${indent}${entry.key}:`,
        ...writeFields(entry.fields, `${indent}  `),
      ];
    case "variants":
      return [
        ...comment(`${entry.summary}.`, indent),
        `${indent}${entry.key}:`,
        ...writeVariants(entry, `${indent}  `),
      ];
    case "items":
      return [
        ...comment(`${entry.summary}.`, indent),
        `${indent}${entry.key}:`,
        ...writeItem(entry).map((line) => `${indent}  ${line}`),
      ];
    case "field":
      return [
        ...comment(`${capitalize(entry.summary)}.`, indent),
        writeValue(entry, indent),
      ];
  }
}

/** One entry, as a comment: by default there is none. */
function writeItem({ fields }: AnyItems): string[] {
  const lines = writeFields(fields, "    ").map((line) => line.slice(2));
  const first = lines.findIndex((line) => !line.startsWith("  #"));
  const head = lines.splice(0, first).map((line) => line.trimStart());
  lines[0] = `- ${lines[0].trimStart()}`;
  return [...head, ...lines].map((line) => `# ${line}`);
}

function writeFields(fields: AnyFields, indent: string): string[] {
  const lines: string[] = [];
  for (const entry of Object.values(fields)) {
    const heading = entry.kind === "field" ? entry.heading : undefined;
    if (heading !== undefined) {
      if (lines.length > 0) lines.push("");
      lines.push(`${indent}# -- ${heading} --`);
    }
    lines.push(...writeEntry(entry, indent));
  }
  return lines;
}

function writeValue(
  { key, initial, placeholder, scalar }: Field<unknown>,
  indent: string,
): string {
  const value = initial ?? placeholder;
  // In YAML digits without quotes are a number.
  const shown = /^\d+$/.test(`${value}`) && typeof value === "string"
    ? `"${value}"`
    : value;
  return `${indent}${key}: ${shown} # ${scalar.values}`;
}

/**
 * The first variant stands there; the others are comments, and keys that have
 * been explained already are not explained again.
 */
function writeVariants(entry: Variants<unknown>, indent: string): string[] {
  const [first, ...others] = entry.variants;
  const lines = [
    ...comment(`${first.summary}.`, indent),
    `${indent}- type: ${first.type}`,
    ...writeFields(first.fields, `${indent}  `),
  ];
  const explained = new Set(summariesOf(first.fields));
  for (const { type, summary, fields } of others) {
    lines.push("", ...comment(`${summary}.`, indent));
    lines.push(`${indent}# - type: ${type}`);
    lines.push(...writeKeys(fields, `${indent}#   `, explained));
    for (const each of summariesOf(fields)) explained.add(each);
  }
  return lines;
}

/** As {@linkcode writeFields}, but what is in `explained` has its values only. */
function writeKeys(
  fields: AnyFields,
  indent: string,
  explained: ReadonlySet<string>,
): string[] {
  return Object.values(fields).flatMap((entry) => {
    if (!explained.has(entry.summary)) return writeEntry(entry, indent);
    switch (entry.kind) {
      case "field":
        return [writeValue(entry, indent)];
      case "section":
        return [
          `${indent}${entry.key}:`,
          ...writeKeys(entry.fields, `${indent}  `, explained),
        ];
      default:
        return writeEntry(entry, indent);
    }
  });
}

function summariesOf(fields: AnyFields): string[] {
  return Object.values(fields).flatMap((entry) =>
    entry.kind === "section"
      ? [entry.summary, ...summariesOf(entry.fields)]
      : [entry.summary]
  );
}

/** Breaks text into comment lines. */
function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
