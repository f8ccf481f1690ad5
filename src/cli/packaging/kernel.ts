/**
 * `deno task kernel`: compiles the password hashes that can be computed in
 * slices, to be committed beside their sources.
 * @module
 */
import { compileKernel, kernelAddress, KERNELS } from "./_kernel.ts";

for (const name of KERNELS) {
  await Deno.writeFile(kernelAddress(name), await compileKernel(name));
}
