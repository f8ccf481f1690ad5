import type { PublishView } from "../codec/mod.ts";
import type { Route } from "../topics/mod.ts";
import type { ClientSession, Connection } from "./connection.ts";
import { contextOf } from "./route_context.ts";

/**
 * Tells those who observe the topic of `route` that `publish` was accepted.
 * There is a {@linkcode Broker.messageObserver}; it is asked once for a topic.
 */
export function tellAudience(
  connection: Connection,
  publish: PublishView,
  route: Route<ClientSession>,
): void {
  const context = contextOf(route);
  if (context.audience === undefined) {
    const { messageObserver } = connection.broker;
    context.audience = messageObserver!.audienceOf(route.topicName);
  }
  context.audience?.published(connection, publish, route.topicName);
}
