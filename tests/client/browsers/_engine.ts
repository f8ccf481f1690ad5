import { outputOf } from "../../interop/_child.ts";

/** How long a browser may take to start, or to open the page, on a busy machine. */
export const LAUNCH_TIMEOUT_MS = 90_000;

/** A browser that has a page open; disposing of it ends its process. */
export interface Visit extends AsyncDisposable {
  /** As it tells it itself. */
  readonly version: string;
}

/** A browser engine that the client is to work in. */
export interface Engine {
  readonly name: string;
  /** Why this machine does not have it; `null` if it does. */
  readonly whyMissing: string | null;
  /** Starts the browser without a window and opens `url`. */
  visit(url: string): Promise<Visit>;
}

/** The first of `commands` that this machine has. */
export function findCommand(commands: readonly string[]): string | null {
  for (const command of commands) {
    const path = outputOf("sh", ["-c", 'command -v "$1"', "sh", command]);
    if (path !== null) return path;
  }
  return null;
}

/** A folder that is the browser's home, which has to be writable. */
export class Home implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Home> {
    return new Home(await Deno.makeTempDir({ prefix: "rqtt-browser-" }));
  }

  /** The environment of a process that lives here. */
  get environment(): Record<string, string> {
    return { ...Deno.env.toObject(), HOME: this.path };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A browser's last process may still be writing.
    await Deno.remove(this.path, { recursive: true }).catch(() => {});
  }
}
