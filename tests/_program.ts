const ROOT = new URL("../", import.meta.url);

/** The executable to test in place of `main.ts`, if there is one. */
export const EXECUTABLE: string | null = findExecutable();

/** How to start the real program, up to its own arguments. */
export const PROGRAM: readonly string[] = EXECUTABLE === null
  ? [Deno.execPath(), "run", "-A", new URL("main.ts", ROOT).href]
  : [EXECUTABLE];

/** RQTT_BIN, from the root of the repository if it is relative. */
function findExecutable(): string | null {
  const path = Deno.env.get("RQTT_BIN");
  return path ? new URL(path, ROOT).pathname : null;
}

/**
 * This process's environment, without what would configure the program; its
 * log, which is read from a pipe, is that for people.
 */
export function inheritedEnvironment(): Record<string, string> {
  const variables = Object.entries(Deno.env.toObject());
  return {
    ...Object.fromEntries(
      variables.filter(([name]) => !name.startsWith("RQTT_")),
    ),
    RQTT_LOG_FORMAT: "text",
  };
}
