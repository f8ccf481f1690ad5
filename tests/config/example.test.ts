import { assertEquals } from "../_assert.ts";
import { walkFields } from "../../src/config/_walk.ts";
import { parse } from "../../src/config/_yaml.ts";
import {
  defaultConfig,
  exampleYaml,
  loadConfig,
} from "../../src/config/mod.ts";
import { SCHEMA } from "../../src/config/schema.ts";

const FILE = new URL("../../config.example.yaml", import.meta.url);

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

Deno.test("config.example.yaml has every key of the schema", () => {
  const tree = parse(Deno.readTextFileSync(FILE));
  for (const { path, field } of walkFields(SCHEMA)) {
    let node = tree;
    for (const segment of path) {
      node = (node as Record<string | number, unknown>)[segment];
    }
    assertEquals(node, field.initial, path.join("."));
  }
});

Deno.test("No two keys share a variable", () => {
  const paths = [...walkFields(SCHEMA)].map(({ path }) => path.join("_"));
  assertEquals(new Set(paths).size, paths.length);
});
