import { VERSION } from "../version.ts";
import { readGitCommit } from "./git_commit.ts";

export { VERSION } from "../version.ts";

/** Stands above the program in the executable, see `packaging/_bundle.ts`. */
declare const RQTT_COMMIT: string | null | undefined;

/** What `rqtt --version` prints: one line. */
export function describeVersion(): string {
  const commit = typeof RQTT_COMMIT === "undefined"
    ? readGitCommit(new URL("./", Deno.mainModule))
    : RQTT_COMMIT;
  const { deno, v8 } = Deno.version;
  return `rqtt ${VERSION} (commit ${commit?.slice(0, 12) ?? "unknown"}, ` +
    `Deno ${deno}, V8 ${v8})`;
}
