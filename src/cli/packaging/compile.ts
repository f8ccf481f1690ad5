/**
 * `deno task compile`: the executable for this machine, `dist/rqtt`. The
 * variable DENORT_BIN names a runtime where the official one is out of reach.
 * @module
 */
import { bundle } from "./_bundle.ts";
import { ROOT, RUNTIME_VARIABLE } from "./_deno.ts";
import { compile } from "./_executable.ts";

const outputPath = Deno.build.os === "windows" ? "dist/rqtt.exe" : "dist/rqtt";

await compile(await bundle(), {
  outputPath,
  runtimePath: Deno.env.get(RUNTIME_VARIABLE),
});
const { size } = await Deno.stat(new URL(outputPath, ROOT));
console.log(`${outputPath}: ${(size / 1e6).toFixed(1)} MB`);
