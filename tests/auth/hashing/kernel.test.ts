import {
  compileKernel,
  kernelAddress,
  KERNELS,
} from "../../../src/cli/packaging/_kernel.ts";
import { assertEquals } from "../../_assert.ts";

for (const name of KERNELS) {
  Deno.test(`the WebAssembly of ${name} that is committed is that of its source`, async () => {
    assertEquals(
      await compileKernel(name),
      await Deno.readFile(kernelAddress(name)),
    );
  });
}
