import type { Action } from "../broker/mod.ts";

/** What the Worker of a plugin may do: nothing that is not listed here. */
export interface PluginPermissions {
  /** Hosts, as `auth.example:443` or `192.0.2.1`. */
  readonly net: readonly string[];
  /** Files and directories. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Names of environment variables. */
  readonly env: readonly string[];
  /** Programs; only what the broker's own process may run. */
  readonly run: readonly string[];
  /** Libraries; only what the broker's own process may load. */
  readonly ffi: readonly string[];
  /** Topic Filters: `onPublish` is told of messages that one of them matches. */
  readonly messages: readonly string[];
}

/** One plugin, as the configuration has it. */
export interface PluginConfig {
  /** What chains and log lines call it. */
  readonly name: string;
  /** A path, a `file:` URL, or `rqtt:` and the name of a bundled plugin. */
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly permissions: PluginPermissions;
  /**
   * How long one question may take, waiting for its turn included, and
   * `onPublish` for one message.
   */
  readonly timeoutMs: number;
  /** Questions that it works on at the same time. */
  readonly maximumRunning: number;
  /** Questions that wait for their turn; more come to nothing. */
  readonly maximumQueued: number;
  /** Messages that `onPublish` has not dealt with; it is not told of more. */
  readonly maximumWaitingMessages: number;
  /** The same in bytes of their packets. */
  readonly maximumWaitingBytes: number;
  /** How long an answer of `authorize` is remembered that does not say it. */
  readonly cacheMs: number;
  /** What `authorize` is asked about. */
  readonly actions: readonly Action[];
}
