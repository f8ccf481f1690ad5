import type { Route } from "../topics/mod.ts";
import type { Broker } from "./broker.ts";
import {
  type ClientSession,
  type Connection,
  ConnectionState,
} from "./connection.ts";
import { pumpDeliveries } from "./deliver.ts";
import type { Action, ClientIdentity } from "./interfaces.ts";
import { contextOf } from "./route_context.ts";

/** Questions about one SUBSCRIBE that are asked at the same time. */
const QUESTIONS_AT_ONCE = 16;

/**
 * Whether the client may do `action` with `topic`; `null` if the Authorizer
 * has to be asked ({@linkcode askAuthorizer}).
 */
export function isAllowed(
  connection: Connection,
  action: Action,
  topic: string,
): boolean | null {
  const answer = connection.decided?.get(topic);
  return answer !== undefined
    ? answer
    : connection.broker.authorizer.lookup(connection, action, topic);
}

/**
 * Asks about all of `topics`, and holds the connection meanwhile. The packet
 * is handled anew then and goes by the answers, for however short a time they
 * are good for: so none can wait for ever.
 */
export function askAuthorizer(
  connection: Connection,
  action: Action,
  topics: readonly string[],
): void {
  const decided = new Map<string, boolean>();
  const rest = topics.values();
  const ask = async () => {
    for (const topic of rest) {
      decided.set(topic, await decide(connection, action, topic));
    }
  };
  const askers = Math.min(topics.length, QUESTIONS_AT_ONCE);
  connection.hold();
  Promise.all(Array.from({ length: askers }, ask)).then(() => {
    connection.decided = decided;
    connection.release();
  }).catch((error) => {
    connection.fail(error);
    connection.release();
  });
}

/** Has the Authorizer look for a decision, and takes the time of it. */
async function decide(
  connection: Connection,
  action: Action,
  topic: string,
): Promise<boolean> {
  const { authorizer, clock, statistics } = connection.broker;
  const startMs = clock.nowMs();
  const answer = await authorizer.decide(connection, action, topic);
  statistics.authorizationSeconds.observe((clock.nowMs() - startMs) / 1_000);
  return answer;
}

/** `: ` and the rule that forbids it, for the log, if the Authorizer tells. */
export function explainRefusal(
  client: ClientIdentity & { readonly broker: Broker },
  action: Action,
  topic: string,
): string {
  // Whatever a rule says of them.
  if (action === "publish" && topic.startsWith("$")) {
    return ": topics that begin with $ are the broker's own";
  }
  const { authorizer } = client.broker;
  const rule = authorizer.explain?.(client, action, topic);
  return rule === undefined ? "" : `: ${rule}`;
}

/** Whether there is anybody to ask about what clients receive. */
export function isReceiveControlled({ authorizer }: Broker): boolean {
  const { receiveControl } = authorizer;
  return receiveControl !== undefined && receiveControl !== "none";
}

/**
 * Whether the client may be sent messages with `topic`. `null`: the
 * Authorizer was asked, and deliveries go on when it has answered.
 */
export function mayReceive(
  connection: Connection,
  topic: string,
): boolean | null {
  const { broker } = connection;
  if (!isReceiveControlled(broker)) return true;
  const answer = broker.authorizer.lookup(connection, "receive", topic);
  if (answer === true) return true;
  if (answer === false) {
    reportUnreceived(connection, topic);
    return false;
  }
  if (connection.isReceiveAwaited) return null;
  if (connection.askedReceiveTopic === topic) {
    // The answer was good for this moment only.
    if (connection.mayReceiveAsked) return true;
    reportUnreceived(connection, topic);
    return false;
  }
  connection.askedReceiveTopic = topic;
  connection.isReceiveAwaited = true;
  decide(connection, "receive", topic).then((answer) => {
    connection.isReceiveAwaited = false;
    connection.mayReceiveAsked = answer;
    if (connection.state !== ConnectionState.connected) return;
    broker.nowMs = broker.clock.nowMs();
    pumpDeliveries(connection);
    // Unless the next question was asked meanwhile.
    if (connection.askedReceiveTopic === topic) {
      connection.askedReceiveTopic = null;
    }
    broker.flushTouched();
  }).catch((error) => connection.fail(error));
  return null;
}

/**
 * The same for the receiver at `index` of `route`, at the price of comparing
 * two numbers once the answer is known. A client that is away is asked about
 * when it comes back.
 */
export function mayReceiveRoute(
  route: Route<ClientSession>,
  index: number,
): boolean | null {
  const { connection } = route.receivers[index].subscriber;
  if (connection === null) return true;
  const { receivers } = contextOf(route);
  if (receivers[index] === connection.permissionStamp) return true;
  const answer = mayReceive(connection, route.topicName);
  if (
    answer === true && connection.broker.authorizer.receiveControl === "once"
  ) receivers[index] = connection.permissionStamp;
  return answer;
}

/**
 * Whether the client may publish to the topic of `route`. Most topics have one
 * publisher, so the route remembers the last one that may.
 */
export function mayPublish(
  connection: Connection,
  route: Route<ClientSession>,
): boolean | null {
  const { receiveControl } = connection.broker.authorizer;
  if (receiveControl !== "once") return isPublishAllowed(connection, route);
  const context = contextOf(route);
  if (context.publisher === connection.permissionStamp) return true;
  const answer = isPublishAllowed(connection, route);
  if (answer === true) context.publisher = connection.permissionStamp;
  return answer;
}

function isPublishAllowed(
  connection: Connection,
  { topicName }: Route<ClientSession>,
): boolean | null {
  const answer = isAllowed(connection, "publish", topicName);
  connection.decided = null;
  if (answer === null) askAuthorizer(connection, "publish", [topicName]);
  return answer;
}

function reportUnreceived(connection: Connection, topic: string): void {
  if (connection.reportedRefusals?.has("receive")) return;
  connection.reportRefusal(
    "receive",
    () =>
      `a message with topic "${topic}" is kept from the client` +
      explainRefusal(connection, "receive", topic),
  );
}

let lastPermissionStamp = 0;

/** A number that no route has been marked with. */
export function nextPermissionStamp(): number {
  return ++lastPermissionStamp;
}
