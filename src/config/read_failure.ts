/**
 * The path of a file that cannot be read, why, and what to do about it;
 * `making` is how to make it: `make it with rqtt passwd`.
 */
export function explainUnreadable(
  path: string,
  error: unknown,
  making = "make it",
): string {
  const problem = `${path}: ${explainReadFailure(error)}`;
  if (error instanceof Deno.errors.NotFound) {
    const origin = /^([/\\]|[A-Za-z]:)/.test(path)
      ? ""
      : ", which begins at the working directory";
    return `${problem}, ${making} or correct the path${origin}`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `${problem}, let the user that runs the broker read it`;
  }
  return problem;
}

/** Why a file cannot be read, to stand behind its path and a colon. */
export function explainReadFailure(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "may not be read";
  if (error instanceof Deno.errors.NotCapable) {
    return "may not be read, Deno needs --allow-read for it";
  }
  if (error instanceof Deno.errors.IsADirectory) return "is a directory";
  return error instanceof Error ? error.message : String(error);
}
