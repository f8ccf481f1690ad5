/** What the README says of the bundled plugins and the example. */
import {
  JWT_FIELDS,
  readJwtOptions,
} from "../../../../src/auth/plugin/bundled/jwt/options.ts";
import {
  readWebhookOptions,
  WEBHOOK_FIELDS,
} from "../../../../src/auth/plugin/bundled/webhook/options.ts";
import type { AnyEntry, AnyFields } from "../../../../src/config/entries.ts";
import { loadConfig } from "../../../../src/config/mod.ts";
import { assert, assertEquals } from "../../../_assert.ts";

const ROOT = new URL("../../../../", import.meta.url);
const README = Deno.readTextFileSync(new URL("README.md", ROOT));

function blocks(language: string): string[] {
  const fence = new RegExp("^```" + language + "\n(.*?)^```$", "gms");
  return [...README.matchAll(fence)].map(([, text]) => text);
}

/** The rows of the table of options of the plugin. */
function rows(name: string): string[][] {
  const [, table] = new RegExp(
    `^\\| option of \`${name}\`.*?\\n\\|[-| :]+\\n(.*?)\\n\\n`,
    "ms",
  ).exec(README) ?? [];
  assert(table !== undefined, `the README has no table of ${name}`);
  return table.split("\n").map((row) =>
    row.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

function expectedRows(fields: AnyFields): string[][] {
  return Object.values<AnyEntry>(fields).map((entry) => {
    assert(entry.kind === "field");
    const { key, initial, summary } = entry;
    return [`\`${key}\``, initial === undefined ? "" : `${initial}`, summary];
  });
}

for (
  const [name, fields, readOptions] of [
    ["jwt", JWT_FIELDS, readJwtOptions],
    ["webhook", WEBHOOK_FIELDS, readWebhookOptions],
  ] as const
) {
  Deno.test(`the README has every option of ${name}`, () => {
    assertEquals(rows(name), expectedRows(fields as unknown as AnyFields));
  });

  Deno.test(`the README's example of ${name} is a good configuration`, () => {
    const examples = blocks("yaml").filter((text) =>
      text.includes(`module: rqtt:${name}`)
    );
    assertEquals(examples.length, 1);
    const { plugins } = loadConfig({
      file: "rqtt.yaml",
      environment: {},
      flags: {},
      readTextFile: () => examples[0],
    });
    const [{ options, permissions }] = plugins;
    readOptions(options);
    const hosts = Object.values(options).flatMap((value) =>
      URL.parse(String(value))?.host ?? []
    );
    assert(hosts.length > 0);
    for (const host of hosts) {
      const names = permissions.net.map((entry) => entry.replace(/:443$/, ""));
      assert(names.includes(host), `${host} is not granted`);
    }
  });
}

Deno.test("the README has the example that is tested", () => {
  const file = new URL("tests/auth/plugin/example/device_keys.js", ROOT);
  const code = Deno.readTextFileSync(file);
  assertEquals(code.split("\n").length - 1, 20);
  assert(blocks("js").includes(code), "the README has another one");
});
