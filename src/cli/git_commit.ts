/**
 * The commit that the sources in `root` are at, without a process: the program
 * may not start any. `null` if `root` is no repository, or may not be read.
 * @param root A directory, with a slash at its end.
 */
export function readGitCommit(root: URL): string | null {
  try {
    const directory = gitDirectory(root);
    const head = read(directory, "HEAD");
    const reference = /^ref: (.+)$/.exec(head)?.[1];
    const commit = reference === undefined
      ? head
      : resolveReference(directory, reference);
    return commit !== null && /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
  } catch {
    return null;
  }
}

/** In a worktree `.git` is a file that names the directory. */
function gitDirectory(root: URL): URL {
  const path = new URL(".git", root);
  if (Deno.statSync(path).isDirectory) return new URL(".git/", root);
  const [, name] = /^gitdir: (.+)$/.exec(read(root, ".git"))!;
  return new URL(`${name}/`, root);
}

/** What all worktrees share is in the directory that `commondir` names. */
function resolveReference(directory: URL, reference: string): string | null {
  const shared = tryRead(directory, "commondir");
  const common = shared === null ? directory : new URL(`${shared}/`, directory);
  const loose = tryRead(directory, reference) ?? tryRead(common, reference);
  if (loose !== null) return loose;
  const packed = tryRead(common, "packed-refs")?.split("\n")
    .find((line) => line.endsWith(` ${reference}`));
  return packed?.split(" ")[0] ?? null;
}

function tryRead(directory: URL, name: string): string | null {
  try {
    return read(directory, name);
  } catch {
    return null;
  }
}

function read(directory: URL, name: string): string {
  return Deno.readTextFileSync(new URL(name, directory)).trim();
}
