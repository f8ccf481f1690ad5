import { createRoute, z } from "@hono/zod-openapi";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { type AdminRequest, assertMayRead } from "../rights.ts";
import { EVENT_STREAM } from "./events.ts";
import {
  LiveStream,
  MAXIMUM_WAITING_BYTES,
  MAXIMUM_WAITING_MESSAGES,
} from "./live.ts";
import { mqtt } from "./publish.ts";
import { refusalOf } from "./reason.ts";
import { findRetained, payloadOf, textOf } from "./retained.ts";
import { pathText, PROBLEMS } from "./schemas.ts";

const GET = createRoute({
  method: "get",
  path: "/api/v1/topics/{topic}",
  operationId: "readTopic",
  summary: "The retained value of a topic, or with Accept: " +
    `${EVENT_STREAM} what is published to it from now on, if the user of ` +
    "the token may receive it",
  request: {
    params: z.object({
      topic: pathText("topic", "The Topic Name, or for events a Topic Filter"),
    }),
  },
  responses: {
    200: {
      content: {
        "text/plain": { schema: z.string() },
        "application/octet-stream": { schema: z.string() },
        // For whoever accepts it.
        [EVENT_STREAM]: { schema: z.string() },
      },
      description: "The payload; or events: message with JSON, dropped with " +
        "a count, and end",
    },
    ...PROBLEMS,
  },
});

/** Topics: their values, once or live. */
export function addTopics(app: AdminApp, admin: AdminContext): void {
  let streamCount = 0;
  app.openapi(GET, async (context) => {
    const { topic } = context.req.valid("param");
    if (!wantsEvents(context)) return await answerValue(admin, context, topic);
    // Nobody would read the stream, and so nobody end it.
    if (context.req.method === "HEAD") {
      return context.body("", 200, { "content-type": EVENT_STREAM });
    }
    const { maximumStreams } = admin.host.config.admin;
    if (streamCount >= maximumStreams) throw tooManyStreams(maximumStreams);
    streamCount++;
    let isCounted = true;
    const onEnd = () => {
      if (isCounted) streamCount--;
      isCounted = false;
    };
    try {
      const stream = await openStream(admin, context, { topic, onEnd });
      return context.body(stream, 200, { "content-type": EVENT_STREAM });
    } catch (error) {
      onEnd();
      throw error;
    }
  });
}

function wantsEvents(context: AdminRequest): boolean {
  const accept = context.req.header("accept") ?? "";
  return accept.split(",").some((type) =>
    type.split(";")[0].trim() === EVENT_STREAM
  );
}

/** The publisher chooses the payload, so no browser must take it for a page. */
async function answerValue(
  admin: AdminContext,
  context: AdminRequest,
  topic: string,
) {
  await assertMayRead(admin, context, topic);
  const payload = payloadOf(findRetained(admin, topic));
  return context.body(payload, 200, {
    "content-type": textOf(payload) === null
      ? "application/octet-stream"
      : "text/plain; charset=utf-8",
  });
}

async function openStream(
  { host }: AdminContext,
  context: AdminRequest,
  { topic, onEnd }: { readonly topic: string; readonly onEnd: () => void },
): Promise<ReadableStream<Uint8Array>> {
  const action = `SUBSCRIBE to "${topic}"`;
  const client = await mqtt(action, () =>
    host.connect({
      userName: context.get("principal")!.userName,
      remoteAddress: context.env.peer.remoteAddress,
      // Somebody who looks on must not hold publishers up.
      dropsWhenSlow: true,
    }));
  try {
    return await mqtt(action, async () => {
      const messages = client.messages(null, {
        maximumMessages: MAXIMUM_WAITING_MESSAGES,
        maximumBytes: MAXIMUM_WAITING_BYTES,
      });
      const { reasonCodes: [reasonCode] } = await client.subscribe(topic, {
        retainAsPublished: true,
      });
      if (reasonCode >= 0x80) throw refusalOf(reasonCode, action);
      return new ReadableStream(new LiveStream(client, messages, onEnd));
    });
  } catch (error) {
    await client.close();
    throw error;
  }
}

function tooManyStreams(maximum: number): ProblemError {
  return new ProblemError({
    status: 503,
    title: "Too many streams",
    detail: `${maximum} live subscriptions are open already`,
    remedy: "end one, or raise admin.max_streams",
  }, { "retry-after": "10" });
}
