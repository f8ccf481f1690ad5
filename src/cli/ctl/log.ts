import { milliseconds } from "../../config/scalars.ts";
import { formatText } from "../_log_line.ts";
import { UsageError } from "../command.ts";
import type { LogFields } from "../logger.ts";
import type { LogLevel } from "../../config/mod.ts";
import type { ActionContext, Shown } from "./actions.ts";
import { type Column, writeTable } from "./table.ts";

/** The day that the API takes at most. */
const FILTER_TIME = milliseconds({ from: 1_000, to: 86_400_000 });

const FILTERS: readonly Column[] = [
  ["CLIENT", "client_id"],
  ["USER", "user"],
  ["ADDRESS", "address"],
  ["LEVEL", "level"],
  ["UNTIL", "expires_at"],
];

/** What a filter goes by: the word on the command line, and the key of the API. */
const SUBJECTS: Readonly<Record<string, string>> = {
  client: "client_id",
  user: "user",
  address: "address",
};

/** As the API has it; times are left out of what is sent. */
interface Filter {
  readonly level: string;
  readonly expires_at: string;
  readonly [key: string]: string | undefined;
}

interface Log {
  readonly level: string;
  readonly filters: readonly Filter[];
}

/** `rqtt ctl log`: shows and changes what is logged, or follows the log. */
export async function log(context: ActionContext): Promise<Shown | null> {
  const { api, operands: [verb, value, level] } = context;
  if (verb === undefined) return show(await api.send("log"));
  if (Object.hasOwn(SUBJECTS, verb) && level !== undefined) {
    return await addFilter(context, { [SUBJECTS[verb]]: value, level });
  }
  if (value !== undefined || Object.hasOwn(SUBJECTS, verb)) {
    throw new UsageError(
      "Expected log LEVEL, log tail, log clear or log client|user|address " +
        "NAME LEVEL, see rqtt ctl --help",
    );
  }
  if (verb === "tail") return await follow(context);
  const body = verb === "clear" ? { filters: [] } : { level: verb };
  return show(await api.send("log", { method: "PUT", body }));
}

/** The newest stands first, so that it holds over those before. */
async function addFilter(
  { api, options }: ActionContext,
  filter: Readonly<Record<string, string | undefined>>,
): Promise<Shown> {
  const timeMs = options.value("for", FILTER_TIME) ?? 600_000;
  const { filters } = await api.send("log") as Log;
  const others = filters
    .filter(({ client_id, user, address }) =>
      client_id !== filter.client_id || user !== filter.user ||
      address !== filter.address
    )
    .map(({ expires_at, ...rest }) => ({
      ...rest,
      seconds: secondsUntil(expires_at),
    }));
  const added = { ...filter, seconds: Math.ceil(timeMs / 1_000) };
  const body = { filters: [added, ...others] };
  return show(await api.send("log", { method: "PUT", body }));
}

function secondsUntil(time: string): number {
  return Math.max(1, Math.round((Date.parse(time) - Date.now()) / 1_000));
}

function show(json: unknown): Shown {
  const { level, filters } = json as Log;
  const table = filters.length === 0 ? "" : `\n${writeTable(FILTERS, filters)}`;
  return { json, text: level + table };
}

/** Until the broker stops, or this program is stopped. */
async function follow(
  { api, options, write }: ActionContext,
): Promise<null> {
  const lines = options.text("limit");
  const events = api.follow("log/tail", { query: { lines } });
  for await (const { name, data } of events) {
    if (options.has("json")) write(JSON.stringify(data));
    else if (name === "line") write(writeLine(data as Line));
    else write(`${(data as { count: number }).count} lines are missing here`);
  }
  return null;
}

interface Line {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly [field: string]: unknown;
}

function writeLine({ time, level, message, ...fields }: Line): string {
  return formatText({
    timeMs: Date.parse(time),
    level,
    message,
    fields: fields as LogFields,
  }, false);
}
