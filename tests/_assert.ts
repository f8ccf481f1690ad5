/** `@std/assert`, with types. */
// @ts-types="./_std_assert.d.ts"
export * from "@std/assert";
