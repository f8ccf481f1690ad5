/** `@std/cli/parse-args`, with types. */
// @ts-types="./_std_cli.d.ts"
export { parseArgs } from "@std/cli";
