import type { LogLevel, Plugin, PluginContext } from "./api.ts";
import { confine, seal } from "./confinement.ts";
import { MessageTaker } from "./message_taker.ts";
import {
  type FromWorker,
  HOOKS,
  type StartMessage,
  type ToWorker,
} from "./messages.ts";

declare const self: {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
  addEventListener(
    type: "message",
    listener: (event: MessageEvent<ToWorker>) => void,
  ): void;
};

/** Taken now: what the plugin does to the globals later does not matter. */
const post = self.postMessage.bind(self);

/**
 * The Worker's side: `load` gives the plugin when the host says start, and
 * its hooks are called when the host asks.
 */
export function servePlugin(
  load: (start: StartMessage) => Promise<unknown>,
): void {
  const served = Promise.withResolvers<Serving>();
  // The host learns of it by a message, and terminates the Worker.
  served.promise.catch(() => {});
  self.addEventListener("message", ({ data }) => {
    switch (data.type) {
      case "start":
        start(data, load).then(served.resolve, (error) => {
          post({ type: "failed", cause: describe(error) });
          served.reject(error);
        });
        break;
      case "call":
        served.promise.then((serving) => serving.answer(data));
        break;
      case "messages":
        served.promise.then(({ taker }) => taker.take(data.batch));
        break;
      case "ping":
        post({ type: "pong" });
    }
  });
}

async function start(
  message: StartMessage,
  load: (start: StartMessage) => Promise<unknown>,
): Promise<Serving> {
  const { name, options, isSealed } = message;
  confine(log);
  if (isSealed) seal();
  const plugin = check(await load(message));
  const context: PluginContext = Object.freeze({ name, options, log });
  await plugin.setup?.(context);
  post({
    type: "ready",
    hooks: HOOKS.filter((hook) => plugin[hook] !== undefined),
    methods: [...plugin.authenticationMethods ?? []],
  });
  const { timeoutMs, maximumRunning } = message;
  return new Serving(
    plugin,
    context,
    new MessageTaker(plugin, context, { timeoutMs, maximumRunning, post }),
  );
}

function check(exported: unknown): Plugin {
  if (typeof exported !== "object" || exported === null) {
    throw new TypeError("the default export is not a plugin, but " + exported);
  }
  const plugin = exported as Record<string, unknown>;
  for (const hook of [...HOOKS, "setup"]) {
    if (!["undefined", "function"].includes(typeof plugin[hook])) {
      throw new TypeError(`${hook} is not a function`);
    }
  }
  if (HOOKS.every((hook) => plugin[hook] === undefined)) {
    throw new TypeError(`there is none of the hooks ${HOOKS.join(", ")}`);
  }
  return plugin as Plugin;
}

function log(level: LogLevel, text: string): void {
  post({ type: "log", level, text: String(text) });
}

/** A plugin that has been set up. */
class Serving {
  readonly taker: MessageTaker;
  readonly #plugin: Plugin;
  readonly #context: PluginContext;

  constructor(plugin: Plugin, context: PluginContext, taker: MessageTaker) {
    this.taker = taker;
    this.#plugin = plugin;
    this.#context = context;
  }

  async answer(
    { id, hook, question }: Extract<ToWorker, { type: "call" }>,
  ): Promise<void> {
    try {
      // Only the hook itself knows what its question is.
      const answer = await this.#plugin[hook]!(
        question as never,
        this.#context,
      );
      post({ type: "answer", id, answer });
    } catch (error) {
      post({ type: "error", id, cause: describe(error) });
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
