import { createRoute, z } from "@hono/zod-openapi";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import type { LogControl, LogFilter, LogTail } from "../log_control.ts";
import { ProblemError } from "../problem.ts";
import { EVENT_STREAM } from "./events.ts";
import { LogStream } from "./log_stream.ts";
import { requireJson } from "./require_json.ts";
import { json, PROBLEMS, time } from "./schemas.ts";

/** Each line is held against all of them. */
const MAXIMUM_FILTERS = 32;

/** What a page shows of the log at once. */
const MAXIMUM_LISTED_LINES = 200;

/** What is not asked for any more must not be logged for ever. */
const LONGEST_SECONDS = 86_400;

const LEVEL = z.enum(["debug", "info", "warn", "error"]);

const SUBJECT = {
  client_id: z.string().min(1).max(65_535).optional(),
  user: z.string().max(65_535).optional(),
  address: z.string().min(1).max(256).optional().openapi({
    description: "With a port, or without for all connections from there",
  }),
};

const FILTER = z.object({
  ...SUBJECT,
  level: LEVEL,
  expires_at: time,
}).openapi("LogFilter");

const NEW_FILTER = z.strictObject({
  ...SUBJECT,
  level: LEVEL.default("debug"),
  seconds: z.int().min(1).max(LONGEST_SECONDS).default(600).openapi({
    description: "How long it holds",
  }),
}).refine(
  ({ client_id, user, address }) =>
    client_id !== undefined || user !== undefined || address !== undefined,
  { message: "expected client_id, user or address" },
).openapi("NewLogFilter");

const LOG = z.object({
  level: LEVEL.openapi({
    description: "The least important lines that are written",
  }),
  filters: z.array(FILTER).openapi({
    description: "Other levels for some clients; the first that fits holds",
  }),
}).openapi("Log");

const CHANGE = z.strictObject({
  level: LEVEL.optional(),
  filters: z.array(NEW_FILTER).max(MAXIMUM_FILTERS).optional().openapi({
    description: "All that are to hold; left out they stay",
  }),
}).openapi("LogChange");

const GET = createRoute({
  method: "get",
  path: "/api/v1/log",
  operationId: "getLog",
  summary: "What is logged",
  responses: { 200: json(LOG, "What is logged"), ...PROBLEMS },
});

const SET = createRoute({
  method: "put",
  path: "/api/v1/log",
  operationId: "setLog",
  summary: "Log more or less until the next restart, or about some clients " +
    "for a time",
  request: {
    body: {
      content: { "application/json": { schema: CHANGE } },
      required: true,
    },
  },
  responses: { 200: json(LOG, "What is logged now"), ...PROBLEMS },
});

const TAIL = createRoute({
  method: "get",
  path: "/api/v1/log/tail",
  operationId: "followLog",
  summary: "The last lines of the log, and those that come",
  request: {
    query: z.object({
      lines: z.coerce.number().int().min(0).max(1_000).default(100).openapi({
        description: "Of those that were written before",
      }),
    }),
  },
  responses: {
    200: {
      content: { [EVENT_STREAM]: { schema: z.string() } },
      description: "Events: line with a JSON object, dropped with a count",
    },
    ...PROBLEMS,
  },
});

const LINES = createRoute({
  method: "get",
  path: "/api/v1/log/lines",
  operationId: "getLogLines",
  summary: "The last lines of the log, the oldest first",
  request: {
    query: z.object({
      after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
        .default(0).openapi({ description: "Only lines behind this one" }),
    }),
  },
  responses: {
    200: json(
      z.object({
        items: z.array(z.object({ sequence: z.int(), text: z.string() })),
      }).openapi("LogLines"),
      "Lines",
    ),
    ...PROBLEMS,
  },
});

/** The log: how much of it there is, and its end. */
export function addLog(app: AdminApp, { host, closing }: AdminContext): void {
  app.openapi(GET, (context) => {
    return context.json(describe(controlOf(host.logControl)), 200);
  });
  app.openapi(LINES, (context) => {
    const { after } = context.req.valid("query");
    const tail = host.logControl?.tail;
    const items = tail === undefined ? [] : listLines(tail, after);
    return context.json({ items }, 200);
  });
  app.put(SET.path, requireJson);
  app.openapi(SET, (context) => {
    const { level, filters } = context.req.valid("json");
    const control = controlOf(host.logControl);
    if (level !== undefined) control.level = level;
    if (filters !== undefined) control.filters = filters.map(toFilter);
    return context.json(describe(control), 200);
  });
  let streamCount = 0;
  app.openapi(TAIL, (context) => {
    const { tail } = controlOf(host.logControl);
    const { maximumStreams } = host.config.admin;
    if (streamCount >= maximumStreams) throw tooManyStreams(maximumStreams);
    const last = context.req.header("last-event-id") ?? "";
    const { lines } = context.req.valid("query");
    const stream = new LogStream(
      tail,
      /^\d{1,15}$/.test(last)
        ? Math.min(Number(last) + 1, tail.nextSequence)
        : Math.max(tail.nextSequence - lines, tail.oldestSequence),
      closing,
    );
    streamCount++;
    stream.ended.then(() => streamCount--);
    return context.body(new ReadableStream(stream), 200, {
      "content-type": EVENT_STREAM,
    });
  });
}

/** The newest lines behind the line `after`. */
function listLines(tail: LogTail, after: number) {
  const { nextSequence } = tail;
  let sequence = Math.max(
    after + 1,
    tail.oldestSequence,
    nextSequence - MAXIMUM_LISTED_LINES,
  );
  const items = [];
  for (; sequence < nextSequence; sequence++) {
    items.push({ sequence, text: tail.lineAt(sequence).text });
  }
  return items;
}

function describe({ level, filters }: LogControl): z.infer<typeof LOG> {
  return {
    level,
    filters: filters.map((filter) => ({
      client_id: filter.clientIdentifier,
      user: filter.userName,
      address: filter.address,
      level: filter.level,
      expires_at: new Date(filter.expiresAtMs).toISOString(),
    })),
  };
}

function toFilter(filter: z.infer<typeof NEW_FILTER>): LogFilter {
  return {
    clientIdentifier: filter.client_id,
    userName: filter.user,
    address: filter.address,
    level: filter.level,
    expiresAtMs: Date.now() + filter.seconds * 1_000,
  };
}

function controlOf(control: LogControl | null): LogControl {
  if (control !== null) return control;
  throw new ProblemError({
    status: 404,
    title: "Not Found",
    detail: "the broker has no log of its own",
    remedy: "change that of the program that it runs in",
  });
}

function tooManyStreams(maximum: number): ProblemError {
  return new ProblemError({
    status: 503,
    title: "Too many streams",
    detail: `${maximum} read the log already`,
    remedy: "end one, or raise admin.max_streams",
  }, { "retry-after": "10" });
}
