import type { Connection } from "./connection.ts";
import type { Action } from "./interfaces.ts";

/**
 * Whether the client may do `action` with `topic`. `null` means that the
 * Authorizer has to be asked: the connection is held until it has answered,
 * and the same packet is then handled anew. A lookup that still does not know
 * means no, so that a packet can never wait for ever.
 */
export function isAllowed(
  connection: Connection,
  action: Action,
  topic: string,
): boolean | null {
  const { authorizer } = connection.broker;
  const answer = authorizer.lookup(connection, action, topic);
  const isAskedAlready = connection.awaitedDecision === topic;
  if (isAskedAlready) connection.awaitedDecision = null;
  if (answer !== null) return answer;
  if (isAskedAlready) return false;
  connection.awaitedDecision = topic;
  connection.hold();
  authorizer.decide(connection, action, topic).then(() => connection.release());
  return null;
}
