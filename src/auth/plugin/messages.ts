/**
 * What the broker and the Worker of a plugin tell each other.
 * @module
 */
import type { LogLevel } from "./api.ts";
import type { PostedBatch } from "./message_batch.ts";

/** What a plugin can be called for. */
export const HOOKS = [
  "authenticate",
  "continueAuthentication",
  "authorize",
  "onConnect",
  "onDisconnect",
  "onPublish",
] as const;

export type Hook = typeof HOOKS[number];

/** The first thing that a Worker is told. */
export interface StartMessage {
  readonly type: "start";
  readonly name: string;
  /** The URL of the module; a bundled plugin has none. */
  readonly module: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * Whether the Worker may read its module only to load it: the configuration
   * does not list it.
   */
  readonly forgetsModule: boolean;
  /** Whether there must be no other code than the module: it was searched. */
  readonly isSealed: boolean;
  /** How long `onPublish` may take for one message. */
  readonly timeoutMs: number;
  /** How many of its calls may be late and not over. */
  readonly maximumRunning: number;
}

export type ToWorker =
  | StartMessage
  | {
    readonly type: "call";
    readonly id: number;
    readonly hook: Hook;
    readonly question: unknown;
  }
  | { readonly type: "messages"; readonly batch: PostedBatch }
  | { readonly type: "ping" };

/** What the Worker may send. The host trusts none of it. */
export type FromWorker =
  | {
    readonly type: "ready";
    readonly hooks: readonly string[];
    readonly methods: readonly string[];
  }
  | { readonly type: "failed"; readonly cause: string }
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly type: "error"; readonly id: number; readonly cause: string }
  | {
    /** `onPublish` was called for `count` messages, some of them in vain. */
    readonly type: "taken";
    readonly count: number;
    readonly failed: number;
    readonly late: number;
    /** What went wrong last. */
    readonly cause: string | null;
  }
  | { readonly type: "log"; readonly level: LogLevel; readonly text: string }
  | { readonly type: "pong" };
