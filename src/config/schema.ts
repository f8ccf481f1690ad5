/**
 * What can be configured, said once: this table drives parsing, defaults,
 * checks, the names of the environment variables and `config.example.yaml`.
 *
 * It is our own and not a schema library's because what makes it worth having
 * is what the libraries leave out: units (`1MiB`, `30d`), one error line with
 * the line of the file, "did you mean" for an unknown key, and the text of the
 * example. With those added by hand, a library would be left to check that a
 * number is a number.
 */
import type { Config, LogConfig, PersistenceConfig } from "./config.ts";
import { ADMIN } from "./admin.ts";
import { AUTH } from "./auth.ts";
import { field, type Fields } from "./entries.ts";
import { LIMITS } from "./limits.ts";
import { LISTENER_VARIANTS } from "./listeners.ts";
import { PLUGINS } from "./plugins.ts";
import { LOG_LEVEL, milliseconds, oneOf, PATH_OR_NONE } from "./scalars.ts";
import { TRACING } from "./tracing.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

const PERSISTENCE: Fields<PersistenceConfig> = {
  path: field("path", PATH_OR_NONE, {
    initial: "none",
    summary: "the file that keeps sessions, queued and retained messages " +
      "through a crash; with none a restart forgets them",
  }),
  durability: field("durability", oneOf("commit", "relaxed", "memory"), {
    initial: "commit",
    summary: "commit acknowledges what is on the disk; relaxed acknowledges " +
      "at once and writes within relaxed_interval; memory does not write",
  }),
  relaxedIntervalMs: field(
    "relaxed_interval",
    milliseconds({ from: 1, to: 60_000 }),
    {
      initial: "200ms",
      summary: "with relaxed, what a crash of the machine may lose",
    },
  ),
};

const LOG: Fields<LogConfig> = {
  level: field("level", LOG_LEVEL, {
    initial: "info",
    summary: "the least important lines shown",
  }),
  format: field("format", oneOf("auto", "text", "json"), {
    initial: "auto",
    summary: "text is for people, json (one object a line) for machines; " +
      "auto is text on a terminal, json elsewhere",
  }),
};

/** The whole configuration. */
export const SCHEMA: Fields<Config> = {
  listeners: {
    kind: "variants",
    key: "listeners",
    summary: "Where clients connect: one entry or more, of these types",
    variants: LISTENER_VARIANTS,
  },
  auth: {
    kind: "section",
    key: "auth",
    summary: "Who may connect and what clients may do",
    fields: AUTH,
  },
  plugins: PLUGINS,
  limits: {
    kind: "section",
    key: "limits",
    summary: "The bound of everything that can grow, and what is offered; " +
      "a reload changes all of it, for new clients where CONNACK tells it",
    fields: LIMITS,
  },
  persistence: {
    kind: "section",
    key: "persistence",
    summary: "What survives a restart or a crash",
    fields: PERSISTENCE,
  },
  admin: {
    kind: "section",
    key: "admin",
    summary: "Metrics, health, API and dashboard over HTTP",
    fields: ADMIN,
  },
  log: {
    kind: "section",
    key: "log",
    summary: "One line each, on standard error",
    fields: LOG,
  },
  tracing: {
    kind: "section",
    key: "tracing",
    summary: "What happens to single packets, as spans of OpenTelemetry",
    fields: TRACING,
  },
  sysIntervalMs: field("sys_interval", milliseconds({ from: 0, to: DAY_MS }), {
    initial: "10s",
    summary: "how often what has changed of $SYS/broker/… is published; " +
      "0 is never",
  }),
  shutdownGraceMs: field(
    "shutdown_grace",
    milliseconds({ from: 0, to: DAY_MS }),
    {
      initial: "5s",
      summary: "how long a graceful stop waits for what is being sent",
    },
  ),
};
