/**
 * What can be configured of a plugin.
 */
import type { PluginConfig, PluginPermissions } from "./config.ts";
import { count, field, type Fields, type Items } from "./entries.ts";
import {
  listOf,
  MAPPING,
  milliseconds,
  NAME,
  PATH,
  size,
  TEXTS,
} from "./scalars.ts";

const PERMISSIONS: Fields<PluginPermissions> = {
  net: field("net", TEXTS, {
    initial: "none",
    summary: "hosts, as in [auth.example:443, 192.0.2.1]",
  }),
  read: field("read", TEXTS, {
    initial: "none",
    summary: "files and directories, and what links in them lead to",
  }),
  write: field("write", TEXTS, {
    initial: "none",
    summary: "files and directories that it may write",
  }),
  env: field("env", TEXTS, {
    initial: "none",
    summary: "names of environment variables",
  }),
  run: field("run", TEXTS, {
    initial: "none",
    summary: "programs; only what the broker itself may run",
  }),
  ffi: field("ffi", TEXTS, {
    initial: "none",
    summary: "libraries; only what the broker itself may load",
  }),
  messages: field("messages", TEXTS, {
    initial: "none",
    summary: "Topic Filters: it is told of what clients publish to these " +
      "topics (onPublish)",
  }),
};

const PLUGIN: Fields<PluginConfig> = {
  name: field("name", NAME, {
    placeholder: "mine",
    summary: "what authenticators, authorizers and log lines call it",
  }),
  module: field("module", PATH, {
    placeholder: "/etc/rqtt/plugin.js",
    summary: "the file of the plugin, or a bundled one: rqtt:NAME",
  }),
  options: field("options", MAPPING, {
    initial: "none",
    summary: "what the plugin is told; the keys are its own",
  }),
  permissions: {
    kind: "section",
    key: "permissions",
    summary: "All that it may do and learn beside computing and answering",
    fields: PERMISSIONS,
  },
  timeoutMs: field("timeout", milliseconds({ from: 10, to: 10 * 60_000 }), {
    initial: "5s",
    summary: "a question that it has not answered by then is denied, a " +
      "message that it has not taken is left behind",
  }),
  maximumRunning: field("max_running", count(100_000), {
    initial: 256,
    summary: "questions that it works on at the same time",
  }),
  maximumQueued: field("max_queued", count(10_000_000), {
    initial: 10_000,
    summary: "questions that wait for their turn; more are denied at once",
  }),
  maximumWaitingMessages: field("max_waiting_messages", count(10_000_000), {
    initial: 100_000,
    summary: "messages that wait until it has taken them; it misses more",
  }),
  maximumWaitingBytes: field(
    "max_waiting_bytes",
    size({ from: 1_024, to: 1_073_741_824 }),
    { initial: "16MiB", summary: "the same in bytes" },
  ),
  cacheMs: field("cache", milliseconds({ from: 1_000, to: 86_400_000 }), {
    initial: "1m",
    summary: "how long it is remembered what a client may do with a topic, " +
      "unless the answer says it",
  }),
  actions: field("actions", listOf("publish", "subscribe", "receive"), {
    initial: "publish, subscribe, receive",
    summary: "what it is asked about as an authorizer",
  }),
};

/** All plugins. */
export const PLUGINS: Items<PluginConfig> = {
  kind: "items",
  key: "plugins",
  summary: "Modules that decide beside what is built in, each in a Worker " +
    "with the permissions given here: any number of entries",
  fields: PLUGIN,
};
