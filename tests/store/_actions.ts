import { DeliveryState } from "../../src/session/mod.ts";
import { deliveriesOf, makeMessage, makeWill, type World } from "./_world.ts";

/** What can happen to the state that a store keeps; what is twice there is so more often. */
export const ACTIONS = [
  "open",
  "change",
  "end",
  "subscribe",
  "unsubscribe",
  "queue",
  "queue",
  "send",
  "send",
  "receive",
  "settle",
  "receiveQos2",
  "releaseQos2",
  "retain",
  "replay",
  "remove",
] as const;

/** One of them; what the three small numbers mean depends on the kind. */
export interface Action {
  readonly kind: typeof ACTIONS[number];
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Does `action` if the state of `world` allows it. */
export function act(world: World, { kind, a, b, c }: Action): void {
  const clientIdentifier = `client-${a}`;
  const session = world.sessions.get(clientIdentifier);
  if (kind === "retain") {
    const message = makeMessage(`topic/${a}`, "x".repeat(b * 10 + c), {
      isRetained: true,
    });
    if (session !== undefined && c > 4) world.queue(message, [session]);
    return world.retain(`topic/${a}`, message);
  }
  if (kind === "remove") return world.retain(`topic/${a}`, null);
  if (session === undefined) {
    if (kind === "open") world.openSession(clientIdentifier);
    return;
  }
  if (kind === "replay") {
    const message = world.retained.get(`topic/${b % 3}`);
    if (message !== undefined) {
      world.queue(message, [session], { isRetained: true });
    }
    return;
  }
  const deliveries = deliveriesOf(session);
  const delivery = deliveries[b % (deliveries.length || 1)];
  switch (kind) {
    case "change":
      session.will = b > 3 ? makeWill(`will/${c}`) : null;
      session.expiryIntervalSeconds = 1 + c;
      session.owner = [undefined, null, "", "ann"][b % 4];
      return world.store.sessionChanged(session);
    case "end":
      return b > 5 ? world.endSession(clientIdentifier) : undefined;
    case "subscribe":
      return world.subscribe(
        session,
        `${c > 3 ? "$share/g/" : ""}filter/${b}`,
        {
          qos: c % 3,
        },
      );
    case "unsubscribe":
      return session.subscriptions.has(`filter/${b}`)
        ? world.unsubscribe(session, `filter/${b}`)
        : undefined;
    case "queue": {
      const others = [...world.sessions.values()].filter((_, i) => i < b - 4);
      const message = makeMessage("topic", "y".repeat(c * 10));
      world.queue(message, [...new Set([session, ...others])], {
        qos: 1 + c % 2,
      });
      return;
    }
    case "send":
      world.send(session);
      return;
    case "receive":
      return delivery?.qos === 2 && delivery.state === DeliveryState.published
        ? world.receive(delivery)
        : undefined;
    case "settle":
      return delivery !== undefined && delivery.packetIdentifier > 0
        ? world.settle(session, delivery)
        : undefined;
    case "receiveQos2":
      return world.receiveQos2(session, 1 + b * 8 + c);
    case "releaseQos2":
      return session.hasReceivedQos2(1 + b * 8 + c)
        ? world.releaseQos2(session, 1 + b * 8 + c)
        : undefined;
  }
}
