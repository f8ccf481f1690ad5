import { assertEquals } from "../_assert.ts";
import { formatPath } from "../../src/config/_locate.ts";
import { walkFields } from "../../src/config/_walk.ts";
import { parse } from "../../src/config/_yaml.ts";
import type { AnyEntry, AnyFields } from "../../src/config/entries.ts";
import {
  defaultConfig,
  exampleYaml,
  loadConfig,
} from "../../src/config/mod.ts";
import { SCHEMA } from "../../src/config/schema.ts";

const FILE = new URL("../../config.example.yaml", import.meta.url);

/** What YAML makes of the example once its commented keys are keys. */
function uncommented(): unknown {
  const text = Deno.readTextFileSync(FILE);
  return parse(text.replace(/^ {2}# ((?:- | +)\w+:)/gm, "  $1"));
}

/** The keys that the schema asks for and the values that the example shows. */
function expected(fields: AnyFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.values<AnyEntry>(fields).map((entry) => [
      entry.key,
      entry.kind === "section"
        ? expected(entry.fields)
        : entry.kind === "field"
        ? entry.initial ?? entry.placeholder
        : entry.kind === "items"
        ? [expected(entry.fields)]
        : entry.variants.map(({ type, fields }) => ({
          type,
          ...expected(fields),
        })),
    ]),
  );
}

Deno.test("config.example.yaml is what the schema says", () => {
  assertEquals(Deno.readTextFileSync(FILE), exampleYaml());
});

Deno.test("config.example.yaml sets every default", () => {
  const config = loadConfig({
    file: "config.example.yaml",
    environment: {},
    flags: {},
    readTextFile: () => Deno.readTextFileSync(FILE),
  });
  assertEquals(config, defaultConfig());
});

Deno.test("config.example.yaml has every key of every type of listener and of plugins", () => {
  assertEquals(uncommented(), expected(SCHEMA));
});

Deno.test("No line of config.example.yaml needs a wide screen", () => {
  const long = exampleYaml().split("\n").filter((line) => line.length > 80);
  assertEquals(long, []);
});

Deno.test("No two keys share a variable", () => {
  // The same key of two types of listener is one key.
  const keys = new Set(
    [...walkFields(SCHEMA)].map(({ path }) => formatPath(path)),
  );
  const variables = new Set(
    [...walkFields(SCHEMA)].map(({ path }) => path.join("_")),
  );
  assertEquals(variables.size, keys.size);
});
