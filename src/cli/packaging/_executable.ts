import type { Bundle } from "./_bundle.ts";
import { deno } from "./_deno.ts";

/**
 * All that the executable may do, whatever a plugin, a dependency or a defect
 * tries: no other programs (run), no libraries (ffi), nothing about the machine
 * (sys), and no way to ask for more. Addresses and paths are the operator's to
 * choose, in a file that is read later: the system's own means limit those,
 * as the systemd unit does.
 */
export const PERMISSIONS: readonly string[] = [
  "--no-prompt",
  // Listeners; what plugins are granted of it.
  "--allow-net",
  // Configuration, users and rights, certificates, the store, Unix sockets.
  "--allow-read",
  // The store, password files, Unix sockets.
  "--allow-write",
  // The configuration, and what systemd says to a service.
  "--allow-env=RQTT_*,NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID",
  // Deno would else load code from some hosts that it trusts.
  "--deny-import",
  // Every other variable is not there, instead of an error.
  "--ignore-env",
];

/** What {@linkcode compile} makes. */
export interface Executable {
  /** Where it goes, from the root of the repository. */
  readonly outputPath: string;
  /** The machine that it is for, as Deno calls it; this one if left out. */
  readonly target?: string;
  /** A runtime to use instead of the official one. */
  readonly runtimePath?: string;
}

/**
 * Makes the executable out of a bundle.
 *
 * The code cache is off: it would gain nothing that can be measured, and lie
 * under a name that is known in a directory where every user may write, so
 * that one of them could put code into the broker of another.
 * @throws {Error} If that fails, with what Deno says.
 */
export async function compile(
  { mainPath, modulePaths }: Bundle,
  { outputPath, target, runtimePath }: Executable,
): Promise<void> {
  await deno([
    "compile",
    "--no-check",
    "--no-code-cache",
    ...PERMISSIONS,
    ...modulePaths.flatMap((path) => ["--include", path]),
    ...target === undefined ? [] : ["--target", target],
    "--output",
    outputPath,
    mainPath,
  ], runtimePath);
}
