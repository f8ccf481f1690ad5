import { createRoute, z } from "@hono/zod-openapi";
import { deleteRetained } from "../../broker/mod.ts";
import { decodeForwardedProperties } from "../../codec/mod.ts";
import type { Message } from "../../session/mod.ts";
import { type RetainedMatches, validateTopicFilter } from "../../topics/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { awaitStored } from "../stored.ts";
import { assertMayRead } from "../rights.ts";
import { takePage } from "./page.ts";
import {
  DONE,
  formatTime,
  json,
  pageOf,
  pageQuery,
  pathText,
  PROBLEMS,
  time,
} from "./schemas.ts";

/** Nodes of the tree looked at in one step of a search. */
const SEARCH_STEPS = 128;

const RETAINED = z.object({
  topic: z.string(),
  qos: z.int(),
  payload_bytes: z.int(),
  expires_at: time.nullable(),
}).openapi("Retained");

const RETAINED_MESSAGE = RETAINED.extend({
  payload: z.string().nullable().openapi({
    description: "As text; null if it is none",
  }),
  payload_base64: z.string(),
  content_type: z.string().nullable(),
  user_properties: z.array(z.tuple([z.string(), z.string()])),
}).openapi("RetainedMessage");

const SORTS = {
  topic: (message: Message) => message.topicName,
  payload_bytes: payloadBytesOf,
  expires_at: ({ expiresAtMs }: Message) =>
    Number.isFinite(expiresAtMs) ? expiresAtMs : null,
};

const QUERY = z.object({
  filter: z.string().min(1).max(65_535).default("#").openapi({
    description: "A Topic Filter; # leaves out topics that begin with $",
  }),
  ...pageQuery(SORTS),
});

const PARAMS = z.object({ topic: pathText("topic", "The Topic Name") });

const LIST = createRoute({
  method: "get",
  path: "/api/v1/retained",
  operationId: "listRetained",
  summary: "Retained messages, without payloads",
  request: { query: QUERY },
  responses: { 200: json(pageOf(RETAINED, "Retained"), "A page"), ...PROBLEMS },
});

const GET = createRoute({
  method: "get",
  path: "/api/v1/retained/{topic}",
  operationId: "getRetained",
  summary: "One retained message, if the user of the token may receive it",
  request: { params: PARAMS },
  responses: { 200: json(RETAINED_MESSAGE, "The message"), ...PROBLEMS },
});

const DELETE = createRoute({
  method: "delete",
  path: "/api/v1/retained/{topic}",
  operationId: "deleteRetained",
  summary: "Forget a retained message",
  request: { params: PARAMS },
  responses: { 204: DONE, ...PROBLEMS },
});

/** Retained messages: which there are, what they say, and forgetting them. */
export function addRetained(app: AdminApp, admin: AdminContext): void {
  const { broker } = admin;
  app.openapi(LIST, async (context) => {
    const query = context.req.valid("query");
    const fault = validateTopicFilter(query.filter);
    if (fault !== null) throw invalidFilter(query.filter, fault);
    const { items, nextCursor, total } = await takePage({
      items: walk(broker.retained.match(query.filter)),
      isWanted: () => true,
      sorts: SORTS,
      idOf: ({ topicName }) => topicName,
    }, query);
    return context.json(
      { items: items.map(describe), next_cursor: nextCursor, total },
      200,
    );
  });
  app.openapi(GET, async (context) => {
    const { topic } = context.req.valid("param");
    await assertMayRead(admin, context, topic);
    const message = findRetained(admin, topic);
    return context.json(describeWhole(message), 200);
  });
  app.openapi(DELETE, async (context) => {
    const { topic } = context.req.valid("param");
    if (!deleteRetained(broker, topic)) throw notRetained(topic);
    await awaitStored(broker);
    return context.body(null, 204);
  });
}

/** @throws {ProblemError} If there is none. */
export function findRetained({ broker }: AdminContext, topic: string): Message {
  const message = broker.retained.get(topic);
  if (message === undefined) throw notRetained(topic);
  return message;
}

/** The payload as an array of its own. */
export function payloadOf(
  { payloadBytes, payloadStart, payloadEnd }: Message,
): Uint8Array<ArrayBuffer> {
  return payloadBytes.slice(payloadStart, payloadEnd) as Uint8Array<
    ArrayBuffer
  >;
}

/** `null` if it is no UTF-8. */
export function textOf(payload: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(payload);
  } catch {
    return null;
  }
}

function payloadBytesOf({ payloadStart, payloadEnd }: Message): number {
  return payloadEnd - payloadStart;
}

function* walk(
  matches: RetainedMatches<Message>,
): Generator<Message | undefined> {
  while (!matches.isDone) yield matches.advance(SEARCH_STEPS);
}

function describe(message: Message): z.infer<typeof RETAINED> {
  return {
    topic: message.topicName,
    qos: message.qos,
    payload_bytes: payloadBytesOf(message),
    expires_at: formatTime(message.expiresAtMs),
  };
}

function describeWhole(message: Message): z.infer<typeof RETAINED_MESSAGE> {
  const payload = payloadOf(message);
  const { contentType, userProperties } = propertiesOf(message);
  return {
    ...describe(message),
    payload: textOf(payload),
    payload_base64: payload.toBase64(),
    content_type: contentType ?? null,
    user_properties: userProperties ?? [],
  };
}

/** What the publisher has said beside the payload. */
function propertiesOf(
  { propertiesBytes, propertiesStart, propertiesEnd }: Message,
) {
  return decodeForwardedProperties(
    propertiesBytes,
    propertiesStart,
    propertiesEnd,
  );
}

function notRetained(topic: string): ProblemError {
  return new ProblemError({
    status: 404,
    title: "Not Found",
    detail: `the topic "${topic}" has no retained message`,
    remedy: "see /api/v1/retained for those that have one",
  });
}

function invalidFilter(filter: string, fault: string): ProblemError {
  return new ProblemError({
    status: 400,
    title: "Bad Request",
    detail: `filter: "${filter}" has a ${fault}`,
    remedy: "send a Topic Filter such as plant/+/temperature or plant/#",
  });
}
