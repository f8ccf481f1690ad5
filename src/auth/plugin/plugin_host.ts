import type { FromWorker, Hook } from "./messages.ts";
import { type MessageCounts, MessageFeed } from "./message_feed.ts";
import { MessageGate } from "./message_gate.ts";
import type { PluginObserver } from "./observer.ts";
import type { PluginConfig } from "../../config/plugin_config.ts";
import { NoAnswerError, PluginStatistics } from "./plugin_statistics.ts";
import { PluginWorker } from "./plugin_worker.ts";
import { QuestionQueue } from "./question_queue.ts";

/** How long loading and `setup` may take. */
const START_TIMEOUT_MS = 15_000;

/** How long a Worker may take to show that it still runs. */
const PONG_TIMEOUT_MS = 1_000;

/** The first wait before a restart; each further one doubles it. */
const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 60_000;

/** A plugin that has run for so long begins with the first wait again. */
const STEADY_MS = 60_000;

/** How a {@linkcode PluginHost} deals with time; tests have less of it. */
export interface PluginTimes {
  readonly startTimeoutMs: number;
  readonly pongTimeoutMs: number;
  readonly firstRestartMs: number;
}

const DEFAULT_TIMES: PluginTimes = {
  startTimeoutMs: START_TIMEOUT_MS,
  pongTimeoutMs: PONG_TIMEOUT_MS,
  firstRestartMs: FIRST_RESTART_MS,
};

/** How a plugin stands. */
export interface PluginState {
  /** Between an end and the restart it does not. */
  readonly isRunning: boolean;
  /** The hooks that it has. */
  readonly hooks: readonly string[];
  readonly restartCount: number;
  /** Why it has ended last; `null` if it never has. */
  readonly lastFailure: string | null;
  readonly runningCount: number;
  readonly waitingCount: number;
  /** `null` if it is told of none. */
  readonly messages: MessageCounts | null;
}

/**
 * Keeps one plugin running in a Worker of its own. Whatever goes wrong with a
 * question rejects it, and the caller takes that for "deny".
 */
export class PluginHost {
  readonly config: PluginConfig;
  readonly statistics: PluginStatistics = new PluginStatistics();
  readonly #observer: PluginObserver;
  readonly #times: PluginTimes;
  readonly #questions: QuestionQueue;
  readonly #gate: MessageGate;
  readonly #feed: MessageFeed;
  #worker: PluginWorker | null = null;
  #hooks: readonly string[] = [];
  #methods: readonly string[] = [];
  /** Of starting while it does, of the pong while that is awaited, of the restart. */
  #timer: number | undefined = undefined;
  #isReady = false;
  #isPinged = false;
  #isStopped = false;
  #readyAtMs = 0;
  #restartCount = 0;
  #lastFailure: string | null = null;
  #restartMs: number;
  /** Settles with the first start. */
  readonly #started = Promise.withResolvers<void>();

  private constructor(
    config: PluginConfig,
    observer: PluginObserver,
    times: Partial<PluginTimes>,
  ) {
    this.config = config;
    this.#observer = observer;
    this.#times = { ...DEFAULT_TIMES, ...times };
    this.#restartMs = this.#times.firstRestartMs;
    this.#questions = new QuestionQueue(config, {
      send: (message) => this.#worker?.post(message),
      isLate: (isStuck) => {
        if (isStuck) this.#fail("all questions to it are late");
        else this.#ping();
      },
    });
    this.#gate = new MessageGate(config.name, observer);
    this.#feed = new MessageFeed(config, {
      send: (batch) => this.#worker?.postMessages(batch),
      isLate: () => this.#ping(),
      missed: (misses) => observer.pluginMissed(config.name, misses),
    });
  }

  /**
   * Resolves once the plugin has been loaded and set up.
   * @throws {Error} If that fails: nothing of it runs then.
   */
  static async start(
    config: PluginConfig,
    observer: PluginObserver,
    times: Partial<PluginTimes> = {},
  ): Promise<PluginHost> {
    const host = new PluginHost(config, observer, times);
    host.#launch();
    await host.#started.promise;
    return host;
  }

  has(hook: Hook): boolean {
    return this.#hooks.includes(hook);
  }

  /** The Authentication Methods of `continueAuthentication`. */
  get methods(): readonly string[] {
    return this.#methods;
  }

  /** Takes messages to `onPublish`; `null` if it is told of none. */
  get feed(): MessageFeed | null {
    const { messages } = this.config.permissions;
    return messages.length > 0 && this.has("onPublish") ? this.#feed : null;
  }

  get state(): PluginState {
    return {
      isRunning: this.#isReady,
      hooks: this.#hooks,
      restartCount: this.#restartCount,
      lastFailure: this.#lastFailure,
      runningCount: this.#questions.runningCount,
      waitingCount: this.#questions.waitingCount,
      messages: this.feed?.counts ?? null,
    };
  }

  /**
   * What the plugin answers, unchecked.
   * @throws {Error} If there is no answer.
   */
  ask(hook: Hook, question: unknown): Promise<unknown> {
    if (!this.#isReady) {
      const cause = "the plugin does not run";
      return Promise.reject(new NoAnswerError("unavailable", cause));
    }
    return this.#questions.ask(hook, question);
  }

  /** Ends the plugin for good. */
  stop(): void {
    this.#isStopped = true;
    this.#feed.stop();
    this.#discard("the plugin was stopped");
    this.#gate.close();
    this.#started.reject(new Error("the plugin was stopped"));
  }

  #launch(): void {
    const ended = (cause: string) => {
      // A Worker that was terminated may still have something to say.
      if (this.#worker === worker) this.#fail(cause);
    };
    let worker: PluginWorker | null = null;
    this.#timer = setTimeout(
      () => this.#fail("it was not ready in time"),
      this.#times.startTimeoutMs,
    );
    try {
      worker = new PluginWorker(this.config, {
        message: (message) => {
          if (this.#worker === worker) this.#take(message);
        },
        ended,
      });
      this.#worker = worker;
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #take(message: FromWorker): void {
    const fault = this.#gate.findFault(message);
    if (fault !== null) {
      this.#fail(fault);
      return;
    }
    switch (message.type) {
      case "ready":
        if (this.#isReady) {
          this.#fail("it was ready twice");
        } else {
          this.#begin(message.hooks, message.methods);
        }
        break;
      case "failed":
        this.#fail(message.cause);
        break;
      case "log":
        this.#gate.log(message.level, message.text);
        break;
      case "taken":
        if (!this.#feed.settle(message)) {
          this.#fail("it took messages that it was not given");
        }
        break;
      case "pong":
        this.#pong();
        break;
      case "answer":
      case "error":
        if (!this.#questions.settle(message)) {
          this.#fail("it answered what it was not asked");
        }
    }
  }

  #begin(hooks: readonly string[], methods: readonly string[]): void {
    clearTimeout(this.#timer);
    const isFirst = this.#readyAtMs === 0;
    this.#isReady = true;
    this.#readyAtMs = performance.now();
    if (isFirst) {
      // Chains are made for these; a restart does not change them.
      this.#hooks = hooks;
      this.#methods = methods;
      this.statistics.begin(hooks);
      this.#started.resolve();
    } else {
      this.#restartCount++;
      this.#observer.pluginRestarted(this.config.name);
    }
    this.#feed.begin();
  }

  /** A question is late: has the plugin stopped doing anything at all? */
  #ping(): void {
    if (this.#isPinged || !this.#isReady) return;
    this.#isPinged = true;
    this.#worker?.post({ type: "ping" });
    this.#timer = setTimeout(
      () => this.#fail("it does nothing any more"),
      this.#times.pongTimeoutMs,
    );
  }

  #pong(): void {
    if (!this.#isPinged) {
      this.#fail("it answered what it was not asked");
      return;
    }
    this.#isPinged = false;
    clearTimeout(this.#timer);
  }

  /** The Worker is of no use any more: another one takes its place, later. */
  #fail(cause: string): void {
    if (this.#isStopped) return;
    const wasSteady = this.#isReady &&
      performance.now() - this.#readyAtMs >= STEADY_MS;
    this.#discard(`the plugin has ended: ${cause}`);
    if (this.#readyAtMs === 0) {
      this.#isStopped = true;
      this.#started.reject(new Error(cause));
      return;
    }
    this.#lastFailure = cause;
    if (wasSteady) this.#restartMs = this.#times.firstRestartMs;
    const delayMs = this.#restartMs;
    this.#restartMs = Math.min(delayMs * 2, LONGEST_RESTART_MS);
    this.#observer.pluginEnded(this.config.name, cause, delayMs);
    this.#timer = setTimeout(() => this.#launch(), delayMs);
  }

  #discard(cause: string): void {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
    this.#isPinged = false;
    this.#questions.rejectAll(cause);
    this.#feed.interrupt();
  }
}
