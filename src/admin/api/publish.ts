import { createRoute, z } from "@hono/zod-openapi";
import { MqttError, type QoS, reasonName } from "../../codec/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { assertMayPublish } from "../rights.ts";
import { refusalOf } from "./reason.ts";
import { requireJson } from "./require_json.ts";
import { json, PROBLEMS } from "./schemas.ts";

const MESSAGE = z.strictObject({
  topic: z.string().min(1).max(65_535),
  payload: z.string().optional().openapi({ description: "As text" }),
  payload_base64: z.base64().optional().openapi({
    description: "In place of payload; with neither it is empty",
  }),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(1).openapi({
    description: "With 0 nobody tells what becomes of the message",
  }),
  retain: z.boolean().default(false),
  content_type: z.string().max(65_535).optional(),
  response_topic: z.string().min(1).max(65_535).optional(),
  correlation_data_base64: z.base64().max(87_000).optional(),
  expiry_seconds: z.int().min(0).max(0xffff_ffff).optional(),
  user_properties: z.array(
    z.tuple([z.string().max(65_535), z.string().max(65_535)]),
  ).max(1_000).optional(),
}).openapi("PublishMessage");

const PUBLISHED = z.object({
  reason_code: z.int().openapi({ description: "Of PUBACK or PUBCOMP" }),
  reason: z.string(),
}).openapi("Published");

const PUBLISH = createRoute({
  method: "post",
  path: "/api/v1/publish",
  operationId: "publish",
  summary: "Publish a message, if the user of the token may",
  request: {
    body: {
      content: { "application/json": { schema: MESSAGE } },
      required: true,
    },
  },
  responses: {
    200: json(PUBLISHED, "What the broker has answered"),
    ...PROBLEMS,
  },
});

/** Publishing: as a client does it, acknowledged when it is safe. */
export function addPublish(app: AdminApp, admin: AdminContext): void {
  app.post(PUBLISH.path, requireJson);
  app.openapi(PUBLISH, async (context) => {
    const message = context.req.valid("json");
    const { topic, qos, retain } = message;
    await assertMayPublish(admin, context, topic);
    const { userName } = context.get("principal")!;
    const action = `PUBLISH to "${topic}"`;
    const reasonCode = await mqtt(action, async () => {
      const client = await admin.publishers.of(userName);
      const result = await client.publish(topic, payloadOf(message), {
        qos: qos as QoS,
        isRetained: retain,
        properties: propertiesOf(message),
      });
      return result.reasonCode;
    });
    if (reasonCode >= 0x80) throw refusalOf(reasonCode, action);
    return context.json(
      { reason_code: reasonCode, reason: reasonName(reasonCode) },
      200,
    );
  });
}

/** Does what the broker may refuse. */
export async function mqtt<Result>(
  action: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // Of the encoder, for a text that MQTT cannot carry.
    if (error instanceof RangeError) {
      throw new ProblemError({
        status: 400,
        title: "Bad Request",
        detail: error.message,
        remedy: "send texts without U+0000 and half surrogate pairs, and of " +
          "at most 65,535 bytes",
      });
    }
    if (!(error instanceof MqttError)) throw error;
    throw refusalOf(error.reasonCode, action);
  }
}

function payloadOf(
  { payload, payload_base64 }: z.infer<typeof MESSAGE>,
): string | Uint8Array {
  if (payload_base64 === undefined) return payload ?? "";
  if (payload === undefined) return Uint8Array.fromBase64(payload_base64);
  throw new ProblemError({
    status: 400,
    title: "Bad Request",
    detail: "payload_base64: there is a payload too",
    remedy: "send one of both",
  });
}

/** Only what is there: a property that is undefined is not left out. */
function propertiesOf(message: z.infer<typeof MESSAGE>) {
  const {
    content_type,
    response_topic,
    correlation_data_base64,
    expiry_seconds,
    user_properties,
  } = message;
  return {
    ...content_type !== undefined && { contentType: content_type },
    ...response_topic !== undefined && { responseTopic: response_topic },
    ...correlation_data_base64 !== undefined && {
      correlationData: Uint8Array.fromBase64(correlation_data_base64),
    },
    ...expiry_seconds !== undefined && {
      messageExpiryInterval: expiry_seconds,
    },
    ...user_properties !== undefined && { userProperties: user_properties },
  };
}
