import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { PostedBatch } from "./message_batch.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import {
  findForbiddenImport,
  locateModule,
  type ModuleSource,
} from "./module_source.ts";
import type {
  PluginConfig,
  PluginPermissions,
} from "../../config/plugin_config.ts";

/** What happens to a {@linkcode PluginWorker}. */
export interface PluginWorkerEvents {
  message(message: FromWorker): void;
  /** It does no more; `cause` says why. */
  ended(cause: string): void;
}

/** One Worker with one plugin in it, from its start to its end. */
export class PluginWorker {
  readonly #worker: Worker;

  /**
   * Starts loading the plugin; `ready` or `failed` is its first message.
   * @throws {Error} If the module or the permissions are out of the question.
   */
  constructor(config: PluginConfig, events: PluginWorkerEvents) {
    const source = locateModule(config.module);
    const isSealed = source.moduleUrl !== null;
    if (isSealed) refuseImports(source);
    this.#worker = startWorker(config, source);
    this.#worker.onmessage = ({ data }) => events.message(data);
    this.#worker.onmessageerror = () => events.ended("it sent what is no data");
    this.#worker.onerror = (event) => {
      event.preventDefault();
      events.ended(event.message);
    };
    this.post({
      type: "start",
      name: config.name,
      module: source.moduleUrl,
      options: config.options,
      forgetsModule: !isReadable(config.permissions, source),
      isSealed,
      timeoutMs: config.timeoutMs,
      maximumRunning: config.maximumRunning,
    });
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Gives the bytes of `batch` to the Worker: they are gone from here. */
  postMessages(batch: PostedBatch): void {
    const message: ToWorker = { type: "messages", batch };
    this.#worker.postMessage(message, [batch.bytes.buffer]);
  }

  /** Ends it, whatever it is doing. */
  terminate(): void {
    this.#worker.terminate();
  }
}

function startWorker(
  { name, permissions }: PluginConfig,
  source: ModuleSource,
): Worker {
  try {
    return new Worker(source.workerUrl, {
      type: "module",
      name,
      deno: { permissions: permissionsOf(permissions, source) },
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new Error(
      "its permissions go beyond those of the broker's own process; the " +
        "executable has no run and ffi, and of env RQTT_… only",
      { cause: error },
    );
  }
}

/**
 * Only what is listed. The Worker may read its own module, to load it; no
 * entry, and not an empty list, stands for "none".
 */
function permissionsOf(
  { net, read, write, env, run, ffi }: PluginPermissions,
  { moduleUrl }: ModuleSource,
): Deno.PermissionOptionsObject {
  const own = moduleUrl === null ? [] : [fileURLToPath(moduleUrl)];
  return {
    net: listed(net),
    read: listed([...read, ...own]),
    write: listed(write),
    env: listed(env),
    import: false,
    run: listed(run),
    ffi: listed(ffi),
    sys: false,
  };
}

function listed(entries: readonly string[]): string[] | false {
  return entries.length === 0 ? false : [...entries];
}

/** Whether the configuration lets the plugin read its module for good. */
function isReadable(
  { read }: PluginPermissions,
  { moduleUrl }: ModuleSource,
): boolean {
  if (moduleUrl === null) return true;
  const path = fileURLToPath(moduleUrl);
  return read.some((entry) => {
    const way = relative(entry, path);
    return !way.startsWith("..") && !isAbsolute(way);
  });
}

function refuseImports({ moduleUrl }: ModuleSource): void {
  const fault = findForbiddenImport(Deno.readTextFileSync(new URL(moduleUrl!)));
  if (fault !== null) throw new TypeError(fault);
}
