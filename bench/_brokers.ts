import {
  aclRules,
  aedesProgram,
  type Endpoint,
  mosquittoConfig,
  rqttConfig,
  type RqttTlsEngine,
  rumqttdConfig,
} from "./_broker_configs.ts";
import {
  type Launch,
  readOutput,
  type RunningBroker,
  startBroker,
} from "./_broker_process.ts";
import type { BenchCredentials } from "./_credentials.ts";
import { Watcher } from "./_watcher.ts";
import type { LinkType } from "../src/cli/bench/link.ts";
import type { ProtocolVersion } from "../src/cli/bench/wire.ts";

/** A broker that was found on this machine. */
export interface FoundBroker {
  name: string;
  version: string;
  /** Its configuration, for the report. */
  settings: string;
  /** What clients can connect over. */
  links: readonly LinkType[];
  /** Whether it can keep sessions and messages on disk. */
  canStore: boolean;
  /** Whether it reads ACL files of Mosquitto. */
  canControl: boolean;
  /** Starts a fresh one on a free port. */
  start(options: StartOptions): Promise<RunningBroker>;
}

/** What one run of a broker needs. */
export interface StartOptions {
  link: LinkType;
  /** See {@linkcode Endpoint.storeDirectory}. */
  storeDirectory?: string;
  /** Whether clients are held to {@linkcode aclRules}. */
  isControlled?: boolean;
}

/** Why a broker cannot be compared. */
export interface MissingBroker {
  name: string;
  reason: string;
}

/** Where to look and what to run. */
export interface FindOptions {
  version: ProtocolVersion;
  /** A folder for configuration files, removed by the caller. */
  scratchDirectory: string;
  /** For TLS; there is none without. */
  credentials?: BenchCredentials;
}

/** Looks for one broker. */
export type Find = (
  options: FindOptions,
) => Promise<FoundBroker | MissingBroker>;

/** How to find each broker, in the order of the table. */
export const brokerFinders: Readonly<Record<string, Find>> = {
  rqtt: findRqtt,
  "rqtt-deno": findRqttWithDenoTls,
  "rqtt-watched": findWatchedRqtt,
  "rqtt-observed": findObservedRqtt,
  mosquitto: findMosquitto,
  aedes: findAedes,
  rumqttd: findRumqttd,
  ceiling: findCeiling,
};

/** Where `--install-aedes` puts aedes, and where it is looked for. */
export function aedesDirectory(): string {
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  return Deno.env.get("RQTT_BENCH_AEDES") ?? `${temporary}/rqtt-bench-aedes`;
}

/**
 * Installs aedes with npm into {@linkcode aedesDirectory}.
 * @throws {Error} If npm fails.
 */
export async function installAedes(): Promise<void> {
  const directory = aedesDirectory();
  await Deno.mkdir(directory, { recursive: true });
  const { code } = await new Deno.Command("npm", {
    args: ["install", "--silent", "--prefix", directory, "aedes@1"],
    stdout: "null",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot install aedes: npm ended with ${code}`);
  }
}

/** How to describe and start a broker that reads one configuration file. */
interface FileBroker {
  name: string;
  version: string;
  makeConfig(endpoint: Endpoint): string;
  /** Where the file goes; its directory matters to a Node.js program. */
  directory: string;
  extension: string;
  /** TCP alone if they are left out. */
  links?: readonly LinkType[];
  canStore?: boolean;
  canControl?: boolean;
  launch(file: string): Launch;
}

function fromFile(
  { version, credentials }: FindOptions,
  broker: FileBroker,
): FoundBroker {
  const { name, directory, extension } = broker;
  const { links = ["tcp"], canStore = false, canControl = false } = broker;
  return {
    name,
    version: broker.version,
    settings: broker.makeConfig({ port: 1883, version, directory: "/tmp" }),
    links,
    canStore,
    canControl,
    start: async ({ isControlled = false, ...options }) => {
      const file = `${directory}/${name}-${Deno.pid}.${extension}`;
      const aclPath = isControlled ? `${file}.acl` : undefined;
      try {
        if (aclPath !== undefined) {
          await Deno.writeTextFile(aclPath, aclRules());
        }
        return await startBroker(async (port) => {
          await Deno.writeTextFile(
            file,
            broker.makeConfig({
              port,
              version,
              credentials,
              directory,
              aclPath,
              ...options,
            }),
          );
          return broker.launch(file);
        });
      } finally {
        if (aclPath !== undefined) await Deno.remove(aclPath);
        await Deno.remove(file);
      }
    },
  };
}

function findRqtt(options: FindOptions): Promise<FoundBroker | MissingBroker> {
  return findRqttAs(options, "rqtt", "node");
}

/** The same broker where `tls_engine` makes a difference. */
function findRqttWithDenoTls(
  options: FindOptions,
): Promise<FoundBroker | MissingBroker> {
  return findRqttAs(options, "rqtt-deno", "deno");
}

/** The same broker with its metrics and its dashboard asked for once a second. */
async function findWatchedRqtt(
  options: FindOptions,
): Promise<FoundBroker | MissingBroker> {
  const watcher = new Watcher(options.scratchDirectory);
  const { config } = watcher;
  const found = await findRqttAs(options, "rqtt-watched", "node", config);
  return "start" in found ? watcher.watch(found) : found;
}

/** The same broker with a plugin that is told of every message. */
async function findObservedRqtt(
  options: FindOptions,
): Promise<FoundBroker | MissingBroker> {
  const module = `${options.scratchDirectory}/observer.js`;
  await Deno.writeTextFile(module, "export default { onPublish() {} };\n");
  const config = `plugins:
  - name: observer
    module: ${module}
    permissions:
      messages: ["#"]
`;
  return await findRqttAs(options, "rqtt-observed", "node", config);
}

async function findRqttAs(
  options: FindOptions,
  name: string,
  tlsEngine: RqttTlsEngine,
  moreConfig = "",
): Promise<FoundBroker | MissingBroker> {
  const binary = Deno.env.get("RQTT_BIN");
  const [command, ...args] = binary === undefined
    ? [Deno.execPath(), "run", "-A", moduleUrl("../main.ts")]
    : [binary];
  const output = await readOutput(command, [...args, "--version"]);
  const version = findVersion(output);
  if (version === undefined) {
    return { name, reason: `not found: ${binary ?? "main.ts"} does not run` };
  }
  return fromFile(options, {
    name,
    version: `${version}, ${
      binary === undefined ? `Deno ${Deno.version.deno}` : "compiled"
    }`,
    makeConfig: (endpoint) => rqttConfig(endpoint, tlsEngine) + moreConfig,
    directory: options.scratchDirectory,
    extension: "yaml",
    links: tlsEngine === "deno" ? ["tls", "wss"] : ["tcp", "tls", "ws", "wss"],
    canStore: true,
    canControl: true,
    launch: (file) => ({ command, args: [...args, "--config", file] }),
  });
}

async function findMosquitto(
  options: FindOptions,
): Promise<FoundBroker | MissingBroker> {
  const name = "mosquitto";
  const named = Deno.env.get("RQTT_BENCH_MOSQUITTO");
  // Debian puts it where only root's PATH leads.
  const places = named ? [named] : [name, "/usr/sbin/mosquitto"];
  for (const command of places) {
    const version = findVersion(await readOutput(command, ["-h"]));
    if (version === undefined) continue;
    return fromFile(options, {
      name,
      version,
      makeConfig: mosquittoConfig,
      directory: options.scratchDirectory,
      extension: "conf",
      links: ["tcp", "tls", "ws", "wss"],
      canStore: true,
      canControl: true,
      launch: (file) => ({ command, args: ["-c", file] }),
    });
  }
  return { name, reason: "not found on PATH or by RQTT_BENCH_MOSQUITTO" };
}

async function findAedes(
  options: FindOptions,
): Promise<FoundBroker | MissingBroker> {
  const name = "aedes";
  if (options.version !== 4) return { name, reason: "speaks no MQTT 5.0" };
  const directory = aedesDirectory();
  const node = findVersion(await readOutput("node", ["--version"]));
  const manifest = await readOptional(
    `${directory}/node_modules/aedes/package.json`,
  );
  if (node === undefined || manifest === undefined) {
    return { name, reason: "not found: needs Node.js and --install-aedes" };
  }
  return fromFile(options, {
    name,
    version: `${JSON.parse(manifest).version}, Node.js ${node}`,
    makeConfig: aedesProgram,
    directory,
    extension: "mjs",
    launch: (file) => ({ command: "node", args: [file] }),
  });
}

async function findRumqttd(
  options: FindOptions,
): Promise<FoundBroker | MissingBroker> {
  const name = "rumqttd";
  const command = Deno.env.get("RQTT_BENCH_RUMQTTD") ?? name;
  const version = findVersion(await readOutput(command, ["--version"]));
  if (version === undefined) {
    return { name, reason: "not found on PATH or by RQTT_BENCH_RUMQTTD" };
  }
  return fromFile(options, {
    name,
    version,
    makeConfig: rumqttdConfig,
    directory: options.scratchDirectory,
    extension: "toml",
    launch: (file) => ({ command, args: ["--quiet", "--config", file] }),
  });
}

function findCeiling(): Promise<FoundBroker> {
  const args = ["run", "-A", moduleUrl("./relay.ts"), "--port"];
  return Promise.resolve({
    name: "ceiling",
    version: `Deno ${Deno.version.deno}`,
    settings: "bench/relay.ts: copies bytes, decodes nothing\n",
    links: ["tcp"],
    canStore: false,
    canControl: false,
    start: () =>
      startBroker((port) =>
        Promise.resolve({
          command: Deno.execPath(),
          args: [...args, String(port)],
        })
      ),
  });
}

function moduleUrl(path: string): string {
  return new URL(path, import.meta.url).href;
}

function findVersion(output: string | undefined): string | undefined {
  return /\d+\.\d+\.\d+[\w.-]*/.exec(output ?? "")?.[0];
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
