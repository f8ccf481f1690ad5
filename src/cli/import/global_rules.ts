import { type Directive, refuse } from "./directives.ts";
import type { SectionName } from "./draft.ts";
import type { Rule } from "./listener_rules.ts";
import {
  readBoolean,
  readExpiration,
  readInteger,
  readText,
} from "./values.ts";

const LARGEST_PACKET_BYTES = 268_435_460;
const LARGEST_COUNT = 100_000_000;

/** What holds for the whole broker, by its name in mosquitto.conf. */
export const GLOBAL_RULES: Readonly<Record<string, Rule>> = {
  per_listener_settings: (directive, draft) => {
    draft.hasSecurityPerListener = readBoolean(directive);
  },
  allow_anonymous: (directive, draft) => {
    draft.currentSecurity.allowAnonymous = readBoolean(directive);
  },
  listener_allow_anonymous: (directive, draft) => {
    draft.listener.security.allowAnonymous = readBoolean(directive);
  },
  password_file: (directive, draft) => {
    draft.currentSecurity.passwordFile = readText(directive);
  },
  acl_file: (directive, draft) => {
    draft.currentSecurity.aclFile = readText(directive);
  },
  plugin: missing("auth", "write it in JavaScript: plugins"),
  global_plugin: missing("auth", "write it in JavaScript: plugins"),
  plugin_load: missing("auth", "write it in JavaScript: plugins"),
  plugin_use: missing("auth", "write it in JavaScript: plugins"),
  auth_plugin: missing("auth", "write it in JavaScript: plugins"),
  auth_plugin_deny_special_chars: missing("auth", "plugins see them"),

  max_inflight_messages: limit("max_inflight_messages", zeroIs(65_535)),
  max_queued_messages: limit("max_queued_messages", zeroIs(LARGEST_COUNT)),
  max_queued_bytes: (directive, draft) => {
    const bytes = readInteger(directive);
    if (bytes > 0) draft.set("limits", "max_queued_bytes", String(bytes));
  },
  max_packet_size: limit("max_packet_size", zeroIs(LARGEST_PACKET_BYTES)),
  message_size_limit: limit("max_payload_size", asItIs),
  max_keepalive: limit("max_keep_alive", asItIs),
  max_topic_alias_broker: limit("outbound_topic_alias_maximum", asItIs),
  global_max_connections: limit("max_connections", asItIs),
  global_max_clients: limit("max_sessions", asItIs),
  retain_available: flag("retain_available"),
  queue_qos0_messages: flag("queue_qos0_messages"),
  allow_zero_length_clientid: flag("allow_zero_length_client_id"),
  persistent_client_expiration: (directive, draft) =>
    draft.set("limits", "session_expiry_cap", readExpiration(directive)),
  max_inflight_bytes: missing("limits", "see max_packet_size"),
  memory_limit: missing("limits", "every queue has a bound of its own"),
  upgrade_outgoing_qos: unless("limits", "false", "the lower QoS holds"),
  allow_duplicate_messages: missing(
    "limits",
    "overlapping subscriptions get one copy",
  ),
  check_retain_source: unless(
    "limits",
    "true",
    "what was retained stays when its publisher loses the right to it",
  ),

  persistence: (directive, draft) => {
    draft.isPersistent = readBoolean(directive);
  },
  persistence_location: (directive, draft) => {
    draft.persistenceLocation = readText(directive);
  },
  persistence_file: (directive, draft) => {
    draft.persistenceFile = readText(directive);
  },
  autosave_interval: unneeded,
  autosave_on_changes: unneeded,

  log_type: (directive, draft) => {
    draft.logTypes.add(readText(directive));
  },
  log_dest: (directive, draft) => {
    if (!/^(stderr|stdout)$/.test(directive.value)) {
      draft.note("log", {
        directive,
        reason: "lines go to standard error, for the service manager to keep",
      });
    }
  },
  log_facility: missing("log", "lines go to standard error"),
  log_timestamp: unless("log", "true", "every line has its time"),
  log_timestamp_format: missing("log", "times are those of ISO 8601, in UTC"),
  connection_messages: unless("log", "true", "log.level: warn hides them"),
  websockets_log_level: missing("log", "see log.level"),

  websockets_headers_size: missing("", "the request may have 8 KiB"),
  pid_file: missing("", "the service manager knows the process"),
  user: missing("", "the service manager starts it as a user"),
  sys_interval: (directive, draft) => {
    draft.systemIntervalSeconds = readInteger(directive);
  },
  set_tcp_nodelay: unless("", "true", "it is always on"),
  retry_interval: unneeded,
  store_clean_interval: unneeded,
};

/** What stands in the section of a bridge. */
export const BRIDGE_NAMES: ReadonlySet<string> = new Set([
  "address",
  "addresses",
  "cleansession",
  "clientid",
  "connection",
  "idle_timeout",
  "keepalive_interval",
  "local_cleansession",
  "local_clientid",
  "local_password",
  "local_username",
  "notification_topic",
  "notifications",
  "notifications_local_only",
  "password",
  "remote_clientid",
  "remote_password",
  "remote_username",
  "restart_timeout",
  "round_robin",
  "start_type",
  "threshold",
  "topic",
  "try_private",
  "username",
]);

/** What Mosquitto has to be told, and this broker does by itself. */
function unneeded(): void {}

function limit(
  key: string,
  convert: (directive: Directive) => number,
): Rule {
  return (directive, draft) =>
    draft.set("limits", key, String(convert(directive)));
}

function flag(key: string): Rule {
  return (directive, draft) =>
    draft.set("limits", key, String(readBoolean(directive)));
}

function asItIs(directive: Directive): number {
  return readInteger(directive);
}

/** Mosquitto's "no limit". */
function zeroIs(most: number): (directive: Directive) => number {
  return (directive) => {
    const count = readInteger(directive);
    if (count > most) refuse(directive, `at most ${most}`);
    return count === 0 ? most : count;
  };
}

function missing(section: SectionName | "", reason: string): Rule {
  return (directive, draft) => draft.note(section, { directive, reason });
}

function unless(
  section: SectionName | "",
  value: string,
  reason: string,
): Rule {
  return (directive, draft) => {
    if (directive.value !== value) draft.note(section, { directive, reason });
  };
}
