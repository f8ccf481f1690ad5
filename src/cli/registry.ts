import type { Command } from "./command.ts";

/** Loads the file of a command, which exports it as `command`. */
export type LoadCommand = () => Promise<{ readonly command: Command }>;

/**
 * Every command, in the order of the help. Only the file of the one that runs
 * is loaded; the paths are literal so that `deno compile` packs all of them.
 */
export const COMMANDS: Readonly<Record<string, LoadCommand>> = {
  serve: () => import("./commands/serve.ts"),
  check: () => import("./commands/check.ts"),
  pub: () => import("./commands/pub.ts"),
  sub: () => import("./commands/sub.ts"),
  rr: () => import("./commands/rr.ts"),
  bench: () => import("./commands/bench.ts"),
  passwd: () => import("./commands/passwd.ts"),
  import: () => import("./commands/import.ts"),
  explain: () => import("./commands/explain.ts"),
  ctl: () => import("./commands/ctl.ts"),
  health: () => import("./commands/health.ts"),
  install: () => import("./commands/install.ts"),
  completions: () => import("./commands/completions.ts"),
};

/** What runs if no command is named. */
export const DEFAULT_COMMAND = "serve";

/** Loads every command: for the help and the completions. */
export async function loadCommands(): Promise<Command[]> {
  const loaded = await Promise.all(
    Object.values(COMMANDS).map((load) => load()),
  );
  return loaded.map(({ command }) => command);
}
