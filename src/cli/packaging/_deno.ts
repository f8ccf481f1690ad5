/** The root of the repository. */
export const ROOT = new URL("../../../", import.meta.url);

/** Names a runtime for the executable to `deno compile`. */
export const RUNTIME_VARIABLE = "DENORT_BIN";

/**
 * Runs Deno in the root of the repository; `runtimePath` is the runtime that
 * `deno compile` takes, the official one if it is left out.
 * @throws {Error} If it fails, with what it wrote to standard error.
 */
export async function deno(
  args: readonly string[],
  runtimePath?: string,
): Promise<void> {
  const { [RUNTIME_VARIABLE]: _, ...environment } = Deno.env.toObject();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    clearEnv: true,
    env: {
      ...environment,
      NO_COLOR: "1",
      ...runtimePath === undefined ? {} : { [RUNTIME_VARIABLE]: runtimePath },
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

/** Makes an empty directory, whatever was there. */
export async function makeEmpty(directory: URL): Promise<void> {
  try {
    await Deno.remove(directory, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(directory, { recursive: true });
}
