/** What README.md and OPTIONS.md say of the bundled plugins and the example. */
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
const OPTIONS = Deno.readTextFileSync(
  new URL("src/auth/plugin/bundled/OPTIONS.md", ROOT),
);

function blocks(language: string): string[] {
  const fence = new RegExp("^```" + language + "\n(.*?)^```$", "gms");
  return [...`${README}\n${OPTIONS}`.matchAll(fence)].map(([, text]) => text);
}

/** The rows of the table of options of the plugin. */
function rows(name: string): string[][] {
  const [, table] = new RegExp(
    `^\\| option of \`${name}\`.*\\n\\|[-| :]+\\n((?:\\|.*\\n)+)`,
    "m",
  ).exec(OPTIONS) ?? [];
  assert(table !== undefined, `OPTIONS.md has no table of ${name}`);
  return table.trimEnd().split("\n").map((row) =>
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
  Deno.test(`OPTIONS.md has every option of ${name}`, () => {
    assertEquals(rows(name), expectedRows(fields as unknown as AnyFields));
  });

  Deno.test(`the documented example of ${name} is a good configuration`, () => {
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
  assert(
    README.includes(`\`\`\`js\n${code}\`\`\``),
    "the README has another one",
  );
});
