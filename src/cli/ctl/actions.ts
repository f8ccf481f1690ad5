import { UsageError } from "../command.ts";
import type { Options } from "../read_options.ts";
import type { ApiClient } from "./api_client.ts";
import { log } from "./log.ts";
import { type Column, escapeControls, writeTable } from "./table.ts";

/** What one action works with. */
export interface ActionContext {
  readonly api: ApiClient;
  readonly options: Options;
  /** What stands behind the name of the action. */
  readonly operands: readonly string[];
  /** Writes lines before the end of the action. */
  readonly write: (text: string) => void;
}

/** What the terminal shows of an answer, and the answer itself for `--json`. */
export interface Shown {
  readonly text: string;
  readonly json: unknown;
}

/** Null if it has written what there is. */
export type Run = (context: ActionContext) => Promise<Shown | null>;

/** One thing that `rqtt ctl` does. */
export interface Action {
  /** The operands, for the usage; with brackets what may be left out. */
  readonly operands: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly run: Run;
}

/** Rows asked for at once. */
const PAGE = 1_000;

const CLIENTS: readonly Column[] = [
  ["CLIENT", "client_id"],
  ["USER", "user"],
  ["ADDRESS", "address"],
  ["MQTT", "protocol_version"],
  ["CONNECTED", "connected_at"],
  ["SUBSCRIPTIONS", "subscriptions"],
  ["QUEUED", "queued_messages"],
  ["IN FLIGHT", "in_flight"],
  ["SLOW", "is_slow"],
];

const SESSIONS: readonly Column[] = [
  ["CLIENT", "client_id"],
  ["USER", "user"],
  ["CONNECTED", "is_connected"],
  ["STORED", "is_stored"],
  ["EXPIRES", "expires_at"],
  ["SUBSCRIPTIONS", "subscriptions"],
  ["QUEUED", "queued_messages"],
  ["BYTES", "queued_bytes"],
  ["WILL", "will_topic"],
];

const SUBSCRIPTIONS: readonly Column[] = [
  ["CLIENT", "client_id"],
  ["FILTER", "topic_filter"],
  ["QOS", "qos"],
  ["CONNECTED", "is_connected"],
];

const RETAINED: readonly Column[] = [
  ["TOPIC", "topic"],
  ["QOS", "qos"],
  ["BYTES", "payload_bytes"],
  ["EXPIRES", "expires_at"],
];

const LISTENERS: readonly Column[] = [
  ["TYPE", "type"],
  ["ADDRESS", "address"],
  ["TLS", "has_tls"],
  ["CONNECTIONS", "connections"],
  ["MAXIMUM", "max_connections"],
];

const PLUGINS: readonly Column[] = [
  ["PLUGIN", "name"],
  ["RUNS", "is_running"],
  ["RESTARTS", "restarts"],
  ["HOOKS", "hooks"],
  ["CALLS", "calls"],
  ["FAILED", "failed"],
  ["MESSAGES", "messages"],
  ["MISSED", "missed"],
  ["LAST FAILURE", "last_failure"],
];

/** Everything that `rqtt ctl` does, by name. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  clients: action("", (context) => list(context, "clients", CLIENTS)),
  sessions: action("", (context) => list(context, "sessions", SESSIONS)),
  subscriptions: action(
    "",
    (context) => list(context, "subscriptions", SUBSCRIPTIONS),
  ),
  listeners: action("", async ({ api }) => {
    const json = await api.send("listeners") as Page;
    return { json, text: writeTable(LISTENERS, json.items) };
  }),
  plugins: action("", async ({ api }) => {
    const json = await api.send("plugins") as PluginPage;
    return { json, text: writeTable(PLUGINS, json.items.map(pluginRow)) };
  }),
  kick: action("ID", async ({ api, operands: [clientIdentifier] }) => {
    const path = `clients/${encodeURIComponent(clientIdentifier)}`;
    return done(await api.send(path, { method: "DELETE" }), "disconnected");
  }),
  expire: action("ID", async ({ api, operands: [clientIdentifier] }) => {
    const path = `sessions/${encodeURIComponent(clientIdentifier)}`;
    return done(await api.send(path, { method: "DELETE" }), "ended");
  }),
  retained: action("[FILTER | get|delete TOPIC | set TOPIC TEXT]", retained),
  publish: action("TOPIC TEXT", (context) => {
    const [topic, payload] = context.operands;
    return publish(context, { topic, payload });
  }),
  config: action("", async ({ api }) => {
    const json = await api.send("config");
    return { json, text: JSON.stringify(json, null, 2) };
  }),
  reload: action("", async ({ api }) => {
    const json = await api.send("reload", { method: "POST" });
    const { restart_needed: keys } = json as { restart_needed: string[] };
    const text = keys.length === 0
      ? "reloaded"
      : `reloaded; these need a restart: ${keys.join(", ")}`;
    return { json, text };
  }),
  log: action("[tail | clear | [client|user|address NAME] LEVEL]", log),
};

function action(operands: string, run: Run): Action {
  const words = operands === "" ? [] : operands.split(" ");
  const isOptional = operands.startsWith("[");
  return {
    operands,
    minimum: isOptional ? 0 : words.length,
    maximum: isOptional ? Math.min(words.length, 3) : words.length,
    run,
  };
}

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next_cursor?: string | null;
  readonly total?: number;
}

interface PluginPage {
  readonly items: readonly {
    readonly hooks: readonly string[];
    readonly calls: Readonly<
      Record<string, { readonly outcomes: Readonly<Record<string, number>> }>
    >;
    readonly messages: Readonly<Record<string, number>> | null;
  }[];
}

/** One line of a plugin: its calls and messages as sums. */
function pluginRow(plugin: PluginPage["items"][number]) {
  let calls = 0;
  let failed = 0;
  for (const { outcomes } of Object.values(plugin.calls)) {
    for (const [outcome, count] of Object.entries(outcomes)) {
      calls += count;
      if (FAILURES.includes(outcome)) failed += count;
    }
  }
  const { messages } = plugin;
  return {
    ...plugin,
    hooks: plugin.hooks.join(","),
    calls,
    failed,
    messages: messages?.taken,
    missed: messages && messages.failed + messages.late + messages.dropped,
  };
}

const FAILURES = ["error", "timeout", "overload", "unavailable"];

/** Takes as many pages as `--limit` needs. */
async function list(
  { api, options }: Pick<ActionContext, "api" | "options">,
  path: string,
  columns: readonly Column[],
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Shown> {
  const limit = Number(options.text("limit") ?? 100);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new UsageError(
      `Cannot read --limit: expected a number from 1, found ${
        options.text("limit")
      }`,
    );
  }
  const where = Object.fromEntries(
    new URLSearchParams(options.text("where") ?? ""),
  );
  const items: Page["items"][number][] = [];
  let cursor: string | undefined;
  let total = 0;
  do {
    const page = await api.send(path, {
      query: {
        ...query,
        sort: options.text("sort"),
        ...where,
        limit: String(Math.min(PAGE, limit - items.length)),
        cursor,
      },
    }) as Page;
    items.push(...page.items);
    total = page.total ?? items.length;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < limit);
  const more = total > items.length
    ? `\n${items.length} of ${total}, --limit shows more`
    : "";
  return { json: items, text: writeTable(columns, items) + more };
}

async function retained(context: ActionContext): Promise<Shown> {
  const { api, operands: [verb, topic, payload] } = context;
  if (topic === undefined) {
    return await list(context, "retained", RETAINED, { filter: verb });
  }
  const path = `retained/${encodeURIComponent(topic)}`;
  if (verb === "set" && payload !== undefined) {
    return await publish(context, { topic, payload, retain: true });
  }
  if (verb === "get" && payload === undefined) {
    const json = await api.send(path) as {
      payload: string | null;
      payload_base64: string;
    };
    return { json, text: escapeControls(json.payload ?? json.payload_base64) };
  }
  if (verb === "delete" && payload === undefined) {
    return done(await api.send(path, { method: "DELETE" }), "deleted");
  }
  throw new UsageError(
    "Expected retained get TOPIC, retained delete TOPIC or retained set " +
      "TOPIC PAYLOAD, see rqtt ctl --help",
  );
}

async function publish(
  { api, options }: ActionContext,
  message: { topic: string; payload: string; retain?: boolean },
): Promise<Shown> {
  const json = await api.send("publish", {
    method: "POST",
    body: {
      retain: options.has("retain"),
      qos: Number(options.text("qos") ?? 1),
      ...message,
    },
  });
  const { reason } = json as { reason: string };
  return { json, text: `published: ${reason}` };
}

function done(json: unknown, text: string): Shown {
  return { json, text };
}
