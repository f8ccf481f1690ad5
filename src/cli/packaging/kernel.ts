/**
 * `deno task kernel`: compiles the password hash that can be computed in
 * slices, to be committed beside its source.
 * @module
 */
import { compileKernel, KERNEL } from "./_kernel.ts";

await Deno.writeFile(KERNEL, await compileKernel());
