import type { Route } from "../topics/mod.ts";
import type { ClientSession } from "./connection.ts";
import type { Audience } from "./interfaces.ts";

/**
 * What is remembered of one Topic Name beside its receivers, until the route is
 * renewed: the stamps of the connections that are known to have a permission
 * on it, and who else is told of its messages.
 */
export class RouteContext {
  publisher: number;
  /** One for each receiver of the route. */
  readonly receivers: number[];
  /** `undefined` while the observer of messages has not been asked. */
  audience: Audience | null | undefined;

  constructor(receiverCount: number) {
    this.publisher = 0;
    this.receivers = new Array(receiverCount).fill(0);
    this.audience = undefined;
  }
}

/** That of `route`, made when it is first needed. */
export function contextOf(route: Route<ClientSession>): RouteContext {
  const { context } = route;
  if (context !== null) return context as RouteContext;
  const made = new RouteContext(route.receivers.length);
  route.context = made;
  return made;
}
