import type { PluginObserver } from "../../src/auth/mod.ts";
import type { AuthConfig } from "../../src/config/mod.ts";
import { type Config, defaultConfig } from "../../src/config/mod.ts";
import { Server } from "../../src/server.ts";
import type { Observer } from "../../src/broker/mod.ts";
import type { ConnectFields } from "../conformance/_packets.ts";
import { RawClient } from "../conformance/_raw_client.ts";

/** A broker on loopback with files for users and rules that a test changes. */
export class AuthServer implements AsyncDisposable {
  readonly server: Server;
  readonly config: Config;
  readonly #directory: string;
  readonly #clients: RawClient[] = [];

  private constructor(server: Server, config: Config, directory: string) {
    this.server = server;
    this.config = config;
    this.#directory = directory;
  }

  /** `files` are written first: their names are those of the keys of `auth`. */
  static async start(
    files: Partial<Record<keyof AuthConfig, string>>,
    change: (config: Config) => Config = (config) => config,
    observer?: Observer,
    pluginObserver?: PluginObserver,
  ): Promise<AuthServer> {
    const directory = await Deno.makeTempDir();
    const auth: Record<string, unknown> = { ...defaultConfig().auth };
    for (const [name, text] of Object.entries(files)) {
      auth[name] = `${directory}/${name}`;
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    const defaults = defaultConfig();
    const config = change({
      ...defaults,
      listeners: [{ ...defaults.listeners[0], port: 0 }],
      auth: auth as unknown as AuthConfig,
    } as Config);
    const server = await Server.start({
      config,
      observer,
      pluginObserver,
    });
    return new AuthServer(server, config, directory);
  }

  async write(name: keyof AuthConfig, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.#directory}/${name}`, text);
  }

  /** Connects to the listener with that index. */
  async open(index = 0): Promise<RawClient> {
    const address = this.server.addresses[index];
    const client = await RawClient.open(address, 5);
    this.#clients.push(client);
    return client;
  }

  async connect(fields: ConnectFields): Promise<RawClient> {
    const client = await this.open();
    await client.connect(fields);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.server.stop();
    await Deno.remove(this.#directory, { recursive: true });
  }
}
