import type { TlsEngine } from "../open_listener.ts";
import {
  CredentialError,
  type CredentialFiles,
  type Credentials,
  readCredentials,
} from "./credentials.ts";
import { checkWithEngine } from "./engine_check.ts";

/** Files that change together are read together: this long after the last. */
const QUIET_MS = 500;
/** Some file systems tell of no change, so the files are looked at anyway. */
const REREAD_INTERVAL_MS = 60_000;

/** Who wants to know. */
export interface CredentialWatchOptions {
  readonly files: CredentialFiles;
  /** What is to serve them. */
  readonly engine: TlsEngine;
  /** What was in them when the listener opened. */
  readonly credentials: Credentials;
  readonly onRenewed: (credentials: Credentials) => void;
  /** Called once for each thing that is wrong. */
  readonly onRejected: (cause: string) => void;
}

/** Reads the files of a TLS listener again when they have changed. */
export class CredentialWatch {
  readonly #options: CredentialWatchOptions;
  readonly #watcher: Deno.FsWatcher | null;
  readonly #interval: number;
  #quietTimer: number | undefined = undefined;
  #inUse: string;
  #rejected: string | null = null;

  constructor(options: CredentialWatchOptions) {
    this.#options = options;
    this.#inUse = options.credentials.text;
    this.#watcher = watch(options.files);
    this.#interval = setInterval(() => this.#reread(), REREAD_INTERVAL_MS);
    this.#followEvents();
  }

  /**
   * Reads the files now; what is returned puts into use what was in them.
   * @throws {CredentialError} If that is of no use.
   */
  prepare(): () => void {
    const credentials = readCredentials(this.#options.files);
    if (credentials.text === this.#inUse) return () => {};
    checkWithEngine(credentials, this.#options.engine);
    return () => this.#use(credentials);
  }

  close(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#quietTimer);
    this.#watcher?.close();
  }

  async #followEvents(): Promise<void> {
    if (this.#watcher === null) return;
    for await (const { kind } of this.#watcher) {
      if (kind === "access") continue;
      clearTimeout(this.#quietTimer);
      this.#quietTimer = setTimeout(() => this.#reread(), QUIET_MS);
    }
  }

  #reread(): void {
    const { files, onRejected } = this.#options;
    try {
      this.prepare()();
      this.#rejected = null;
    } catch (error) {
      const cause = explain(files, error);
      if (cause === this.#rejected) return;
      this.#rejected = cause;
      onRejected(cause);
    }
  }

  #use(credentials: Credentials): void {
    this.#inUse = credentials.text;
    this.#options.onRenewed(credentials);
  }
}

/**
 * Watches folders, not files: who replaces a file or a symbolic link leaves a
 * watched file behind.
 */
function watch(files: CredentialFiles): Deno.FsWatcher | null {
  const folders = new Set([
    files.certificatePath,
    files.privateKeyPath,
    files.clientCaPath,
    files.revocationListPath,
  ].map((path) => path?.replace(/[^/\\]*$/, "")));
  folders.delete(undefined);
  try {
    return Deno.watchFs([...folders].map((folder) => folder || "."), {
      recursive: false,
    });
  } catch {
    // No watches are left on this machine; the interval does it alone.
    return null;
  }
}

function explain(files: CredentialFiles, error: unknown): string {
  if (error instanceof CredentialError) {
    return `${files[error.file]}: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}
