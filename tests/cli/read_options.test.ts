import { type Option, UsageError } from "../../src/cli/command.ts";
import { readOptions } from "../../src/cli/read_options.ts";
import { assertEquals, assertThrows } from "../_assert.ts";

const OPTIONS: readonly Option[] = [
  { name: "sort", short: "s", value: "KEY", summary: "order" },
  { name: "json", short: "j", summary: "form" },
];

function read(...args: string[]) {
  return readOptions({ name: "ctl", options: OPTIONS }, args, 1);
}

for (
  const args of [
    ["--sort", "-age"],
    ["--sort=-age"],
    ["-s", "-age"],
    ["clients", "--json", "--sort", "-age"],
    ["--sort", "-age", "clients", "--json"],
  ]
) {
  Deno.test(`a value may begin with a hyphen: ${args.join(" ")}`, () => {
    assertEquals(read(...args).text("sort"), "-age");
    assertEquals(read(...args).has("json"), args.includes("--json"));
  });
}

for (
  const [next, told] of [
    ["-j", "Cannot read --sort: expected KEY, found nothing"],
    ["--json", "Cannot read --sort: expected KEY, found nothing"],
    ["-s", "Cannot read --sort: expected KEY, found nothing"],
    ["--", "Cannot read --sort: expected KEY, found nothing"],
    ["--jsno", 'Unknown option "--jsno", did you mean --json?'],
  ]
) {
  Deno.test(`the option that comes next, ${next}, is no value`, () => {
    const { message } = assertThrows(() => read("--sort", next), UsageError);
    assertEquals(message, told);
  });
}

Deno.test("what stands after two hyphens is an operand", () => {
  assertEquals(read("--", "-age").operands, ["-age"]);
});
