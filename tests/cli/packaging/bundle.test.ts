import { readGitCommit } from "../../../src/cli/git_commit.ts";
import { bundle } from "../../../src/cli/packaging/_bundle.ts";
import { ROOT } from "../../../src/cli/packaging/_deno.ts";
import { assert, assertEquals, assertStringIncludes } from "../../_assert.ts";

Deno.test("The program can be bundled, with all that it loads by address", async () => {
  const { mainPath, modulePaths } = await bundle();
  for (const name of ["hash_worker", "plugin/worker", "jwt_worker"]) {
    assert(modulePaths.some((path) => path.endsWith(`${name}.js`)), name);
  }
  for (const path of [mainPath, ...modulePaths]) {
    assert(Deno.statSync(new URL(path, ROOT)).isFile, path);
  }
  // It runs, and knows the commit that it was made of.
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", mainPath, "--version"],
    cwd: ROOT,
  }).output();
  assertEquals(code, 0);
  const commit = readGitCommit(ROOT)?.slice(0, 12) ?? "unknown";
  assertStringIncludes(new TextDecoder().decode(stdout), `commit ${commit},`);
});
