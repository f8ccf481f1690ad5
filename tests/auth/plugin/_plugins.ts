import type { PluginConfig } from "../../../src/config/mod.ts";
import {
  type CalledHook,
  type Misses,
  PluginHost,
  type PluginObserver,
  type PluginTimes,
} from "../../../src/auth/plugin/mod.ts";

/** Nothing is granted, and a second is enough for every question. */
export const PLUGIN: PluginConfig = {
  name: "mine",
  module: "",
  options: {},
  permissions: {
    net: [],
    read: [],
    write: [],
    env: [],
    run: [],
    ffi: [],
    messages: [],
  },
  timeoutMs: 30_000,
  maximumRunning: 10,
  maximumQueued: 10,
  maximumWaitingMessages: 1_000,
  maximumWaitingBytes: 1_000_000,
  cacheMs: 60_000,
  actions: ["publish", "subscribe", "receive"],
};

/** Remembers what it is told, and lets a test wait for it. */
export class RecordingPluginObserver implements PluginObserver {
  readonly lines: string[] = [];
  readonly #waiting: { part: string; resolve: () => void }[] = [];

  pluginLogged(name: string, level: string, text: string): void {
    this.#add(`${name} ${level}: ${text}`);
  }

  pluginSilenced(name: string, lineCount: number): void {
    this.#add(`${name} left out ${lineCount}`);
  }

  pluginFailed(name: string, hook: CalledHook, cause: string): void {
    this.#add(`${name} failed: ${hook}: ${cause}`);
  }

  pluginEnded(name: string, cause: string, delayMs: number): void {
    this.#add(`${name} ended (${delayMs}): ${cause}`);
  }

  pluginRestarted(name: string): void {
    this.#add(`${name} restarted`);
  }

  pluginMissed(name: string, misses: Misses): void {
    const { dropped, failed, late, cause } = misses;
    this.#add(
      `${name} missed ${dropped} dropped, ${failed} failed, ${late} late: ${cause}`,
    );
  }

  pluginUntold(name: string): void {
    this.#add(`${name} untold`);
  }

  /** Resolves with the next line that contains `part`. */
  waitFor(part: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ part, resolve }));
  }

  #add(line: string): void {
    this.lines.push(line);
    for (const [index, { part, resolve }] of [...this.#waiting.entries()]) {
      if (!line.includes(part)) continue;
      this.#waiting.splice(index, 1);
      resolve();
      return;
    }
  }
}

/** Files of plugins in a directory of their own. */
export class PluginFiles implements AsyncDisposable {
  readonly directory: string;
  readonly #hosts: PluginHost[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<PluginFiles> {
    return new PluginFiles(await Deno.makeTempDir());
  }

  /** Returns the path of a file with `text`. */
  async write(text: string, name = "plugin.js"): Promise<string> {
    const path = `${this.directory}/${name}`;
    await Deno.writeTextFile(path, text);
    return path;
  }

  /** Starts a plugin with that text; it is stopped in the end. */
  async start(
    text: string,
    { observer = new RecordingPluginObserver(), times, ...config }:
      & Partial<PluginConfig>
      & { observer?: PluginObserver; times?: Partial<PluginTimes> } = {},
  ): Promise<PluginHost> {
    const module = await this.write(text);
    const host = await PluginHost.start(
      { ...PLUGIN, module, ...config },
      observer,
      times,
    );
    this.#hosts.push(host);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) host.stop();
    await Deno.remove(this.directory, { recursive: true });
  }
}
