import type { Broker } from "../../src/broker/mod.ts";
import { assertEmpty } from "../broker/_harness.ts";
import type { Client } from "./_client.ts";
import { hold, SimulationFailure } from "./_failure.ts";
import { holdDelivered, isAtRest } from "./_final_check.ts";
import { NEVER } from "./_offer.ts";
import { World, type WorldOptions } from "./_world.ts";

/** How long a healed world gets to come to rest, step by step. */
const ROUND_MS = 3_000;
const MOST_ROUNDS = 20;
/** Sessions that are left to expire in the end last as long. */
const LAST_EXPIRY_SECONDS = 5;
const SEGMENTS_LEFT = 1;

/**
 * Runs the simulation of one seed.
 * @throws {SimulationFailure} If the broker broke a rule, and whatever the
 * broker itself throws.
 */
export async function simulate(
  seed: number,
  options: WorldOptions = {},
): Promise<void> {
  const rejections: unknown[] = [];
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    rejections.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    const world = new World(seed, options);
    await world.start();
    await world.run(world.scheduler.nowMs() + world.scenario.durationMs);
    world.trace(() => "everything is healed");
    world.heal();
    await comeToRest(world);
    holdDelivered(world);
    world.trace(() => "everybody leaves");
    await dissolve(world);
    await holdEmpty(world);
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
  for (const reason of rejections) throw reason;
}

/** Has every client connected, and waits until nobody owes anybody anything. */
async function comeToRest(world: World): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const client of world.clients) {
      client.hurry();
      const isLost = client.link === null || client.link.isDead;
      // A client of 3.1.1 is not told of a refusal: it has to try again.
      const isUnanswered = round % 4 === 3 && client.unfinishedCount > 0;
      if (isLost || isUnanswered) client.connect(plainRequest(client));
    }
    await world.run(world.scheduler.nowMs() + ROUND_MS);
    const { broker, clients } = world;
    if (
      broker !== null && isAtRest(broker) &&
      clients.every((client) =>
        client.isConnected && client.unfinishedCount === 0
      )
    ) return;
  }
  const busy = world.clients
    .filter((client) => !client.isConnected || client.unfinishedCount > 0)
    .map(({ name, isConnected, unfinishedCount }) =>
      `${name} is ${isConnected ? "" : "not "}connected, ${unfinishedCount} ` +
      "unfinished"
    );
  throw new SimulationFailure(
    `the world does not come to rest: ${busy.join(", ")}` +
      describeBusy(world.broker!),
  );
}

function describeBusy(broker: Broker): string {
  return [...broker.sessions.values()].map((session) =>
    `; the broker has ${session.queue.length} queued, ` +
    `${session.window.count} in flight, ${session.receivedQos2Count} ` +
    `received, ${session.retainedReplays.length} replays for ` +
    session.clientIdentifier
  ).join("");
}

/** Ends all that is there: sessions at once or by their expiry, retained messages by empty ones. */
async function dissolve(world: World): Promise<void> {
  const { clients, scheduler } = world;
  for (const client of clients) {
    const mayExpire = client.version === 5 &&
      client.link!.request.expirySeconds > 0;
    if (mayExpire && world.dice.oneIn(2)) {
      client.disconnect(0, LAST_EXPIRY_SECONDS);
    } else {
      client.connect(lastRequest(client));
    }
  }
  await world.run(scheduler.nowMs() + ROUND_MS);
  for (const client of clients) client.disconnect(0, null);
  await world.run(
    scheduler.nowMs() + LAST_EXPIRY_SECONDS * 1_000 + ROUND_MS,
  );
  const [last] = clients;
  last.connect(lastRequest(last));
  const { retained, uncertainTopics } = world.model;
  for (const topicName of new Set([...retained.keys(), ...uncertainTopics])) {
    last.publish(world.drawRemoval(last, topicName));
  }
  await world.run(scheduler.nowMs() + ROUND_MS);
  last.disconnect(0, null);
  await world.run(scheduler.nowMs() + ROUND_MS);
}

function lastRequest(client: Client) {
  return { ...plainRequest(client), cleanStart: true, expirySeconds: 0 };
}

/** Nothing is left of sessions, messages, connections and timers. */
async function holdEmpty(world: World): Promise<void> {
  const broker = world.broker!;
  const { model, scheduler } = world;
  hold(
    model.sessions.size === 0 && model.retained.size === 0,
    () =>
      `the model still has ${[...model.sessions.keys()].join(", ")} and ` +
      `${[...model.retained.keys()].join(", ")}`,
  );
  assertEmpty(broker);
  hold(scheduler.alarmAtMs === Infinity, () => "the alarm is still set");
  hold(
    broker.router.routes.size <= world.scenario.limits.maximumRouteCacheEntries,
    () => `the route cache holds ${broker.router.routes.size} routes`,
  );
  await world.run(NEVER, () => scheduler.taskCount === 0);
  const { segments } = world.medium;
  hold(
    segments.size <= SEGMENTS_LEFT,
    () => `${segments.size} segments are left on the medium`,
  );
}

function plainRequest(client: Client) {
  return {
    cleanStart: client.hasLostState,
    expirySeconds: client.version === 5 ? 10_000 : 0xffff_ffff,
    will: null,
    keepAliveSeconds: 0,
    receiveMaximum: 65_535,
    maximumPacketSize: Infinity,
    topicAliasMaximum: 0,
  };
}
