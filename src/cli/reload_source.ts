import type { ReloadSource } from "./reloader.ts";

/** Editors and tools change a file in several steps. */
const SETTLE_MS = 200;

/** SIGHUP of this process, and changes of the files. */
export const processReloads: ReloadSource = {
  subscribe(files, handler) {
    // Not at once: who subscribes again meanwhile would be called for this
    // signal too, and then again, and so on.
    const onSignal = () => queueMicrotask(() => handler("SIGHUP"));
    if (Deno.build.os !== "windows") {
      Deno.addSignalListener("SIGHUP", onSignal);
    }
    const stopWatching = watch(files, () => handler("file change"));
    return () => {
      if (Deno.build.os !== "windows") {
        Deno.removeSignalListener("SIGHUP", onSignal);
      }
      stopWatching();
    };
  },
};

/**
 * Watches the directories, not the files: who replaces a file by renaming
 * another, or moves a link that leads to it, leaves the old one unchanged.
 */
function watch(files: readonly string[], onChange: () => void): () => void {
  const directories = new Set(files.map(directoryOf));
  let watcher: Deno.FsWatcher;
  try {
    if (directories.size === 0) return () => {};
    watcher = Deno.watchFs([...directories], { recursive: false });
  } catch {
    // SIGHUP still works where files cannot be watched.
    return () => {};
  }
  let seen = fingerprint(files);
  let timer: number | undefined;
  const look = () => {
    const now = fingerprint(files);
    if (now === seen) return;
    seen = now;
    onChange();
  };
  (async () => {
    for await (const { kind } of watcher) {
      if (kind === "access") continue;
      clearTimeout(timer);
      timer = setTimeout(look, SETTLE_MS);
    }
  })();
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash + 1);
}

/** What changes when one of the files does. */
function fingerprint(files: readonly string[]): string {
  return files.map((file) => {
    try {
      const { ino, size, mtime } = Deno.statSync(file);
      return `${ino}:${size}:${mtime?.getTime()}`;
    } catch {
      return "missing";
    }
  }).join(" ");
}
