import type { Context } from "hono";
import type { Action, ClientIdentity } from "../broker/mod.ts";
import type { AdminContext, AdminEnvironment } from "./context.ts";
import { ProblemError } from "./problem.ts";

/** A request with whoever sends it. */
export type AdminRequest = Context<AdminEnvironment>;

/**
 * Whether the user of the token would get what is published to `topic`.
 * @throws {ProblemError} If not.
 */
export async function assertMayRead(
  admin: AdminContext,
  request: AdminRequest,
  topic: string,
): Promise<void> {
  await assertMay(admin, request, { action: "subscribe", topic });
  const { receiveControl = "none" } = admin.broker.authorizer;
  if (receiveControl === "none") return;
  await assertMay(admin, request, { action: "receive", topic });
}

/** @throws {ProblemError} If the user of the token may not publish to `topic`. */
export function assertMayPublish(
  admin: AdminContext,
  request: AdminRequest,
  topic: string,
): Promise<void> {
  return assertMay(admin, request, { action: "publish", topic });
}

async function assertMay(
  { broker: { authorizer } }: AdminContext,
  request: AdminRequest,
  { action, topic }: { readonly action: Action; readonly topic: string },
): Promise<void> {
  const client: ClientIdentity = {
    clientIdentifier: "",
    userName: request.get("principal")?.userName ?? null,
    remoteAddress: request.env.peer.remoteAddress,
    authorization: null,
  };
  let answer = authorizer.lookup(client, action, topic);
  if (answer === null) {
    await authorizer.decide(client, action, topic);
    answer = authorizer.lookup(client, action, topic);
  }
  if (answer === true) return;
  const rule = authorizer.explain?.(client, action, topic);
  throw new ProblemError({
    status: 403,
    title: "Forbidden",
    detail: `the user "${client.userName}" may not ${action} "${topic}"` +
      (rule === undefined ? "" : `: ${rule}`),
    remedy: "give the user that right, or use a token of another user " +
      "(admin.token_file)",
  });
}
