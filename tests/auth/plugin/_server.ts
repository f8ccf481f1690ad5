import type { Config, PluginConfig } from "../../../src/config/mod.ts";
import { AuthServer } from "../_server.ts";
import {
  PLUGIN,
  type PluginFiles,
  RecordingPluginObserver,
} from "./_plugins.ts";

/** What {@linkcode startWithPlugin} sets beside the plugin. */
export interface PluginServerOptions extends Partial<PluginConfig> {
  readonly files?: Parameters<typeof AuthServer.start>[0];
  readonly change?: (config: Config) => Config;
  readonly observer?: RecordingPluginObserver;
}

/** A broker on loopback that asks a plugin with that text. */
export async function startWithPlugin(
  files: PluginFiles,
  text: string,
  {
    files: ruleFiles = {},
    change = (config) => config,
    observer = new RecordingPluginObserver(),
    ...plugin
  }: PluginServerOptions = {},
): Promise<AuthServer> {
  const module = await files.write(text);
  return await AuthServer.start(
    ruleFiles,
    (config) =>
      change({ ...config, plugins: [{ ...PLUGIN, module, ...plugin }] }),
    undefined,
    observer,
  );
}
