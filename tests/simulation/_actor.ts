import type { QoS } from "../../src/codec/mod.ts";
import type { Client } from "./_client.ts";
import type { ConnectRequest } from "./_labels.ts";
import { Message } from "./_message.ts";
import { NEVER_EXPIRES } from "./_model.ts";
import type { ModelSubscription } from "./_model_session.ts";
import {
  DENIED_TOPIC,
  splitShare,
  TOPIC_FILTERS,
  TOPIC_NAMES,
} from "./_topics.ts";
import { pickViolation } from "./_violations.ts";
import type { World } from "./_world.ts";

/**
 * Deadlines of two clients never meet, whatever the order in which a broker
 * looks at them: intervals of a client are its index modulo this.
 */
const INTERVAL_CLASSES = 7;

/** Decides what one client does, and when. */
export class Actor {
  readonly #world: World;
  readonly #client: Client;
  readonly #paceMs: number;

  constructor(world: World, client: Client) {
    this.#world = world;
    this.#client = client;
    this.#paceMs = world.dice.pick([200, 1_000, 3_000]);
    this.#next();
  }

  #next(): void {
    const { dice, scheduler } = this.#world;
    scheduler.after(dice.between(0, this.#paceMs), () => {
      if (this.#world.isHealed) return;
      this.#act();
      this.#next();
    });
  }

  #act(): void {
    const client = this.#client;
    const { dice } = this.#world;
    if (client.link === null) {
      if (dice.oneIn(2)) client.connect(this.#drawRequest());
      return;
    }
    if (!client.isConnected) {
      // It has lost patience, perhaps.
      if (dice.oneIn(10)) client.connect(this.#drawRequest());
      return;
    }
    switch (dice.integer(30)) {
      case 0:
        return client.crash(dice.oneIn(2));
      case 1:
        client.crash(true);
        return client.loseState();
      case 2:
        return client.connect(this.#drawRequest());
      case 3:
        return this.#disconnect();
      case 4:
        return client.violate(...pickViolation(dice, client.version));
      case 5:
        return this.#getStuck();
      case 6:
      case 7:
        return client.unsubscribe([dice.pick(TOPIC_FILTERS)]);
    }
    if (dice.oneIn(4)) this.#subscribe();
    else for (let i = dice.integer(4); i >= 0; i--) this.#publish();
  }

  #drawRequest(): ConnectRequest {
    const client = this.#client;
    const { dice } = this.#world;
    const isOld = client.version === 4;
    const cleanStart = client.hasLostState || dice.oneIn(isOld ? 3 : 6);
    const expirySeconds = isOld
      ? (cleanStart ? 0 : NEVER_EXPIRES)
      : dice.pick([0, this.#interval(3), this.#interval(8), NEVER_EXPIRES]);
    const isTight = this.#world.scenario.isTight;
    return {
      cleanStart,
      expirySeconds,
      will: dice.oneIn(2)
        ? {
          message: this.#world.draw(client, this.#drawWillTopic()),
          delaySeconds: isOld ? 0 : dice.pick([0, this.#interval(4)]),
        }
        : null,
      keepAliveSeconds: dice.pick([0, 2, 30]),
      receiveMaximum: isOld ? Infinity : dice.pick([1, 2, 5, 65_535]),
      maximumPacketSize: !isOld && isTight && dice.oneIn(4) ? 200 : Infinity,
      topicAliasMaximum: isOld ? 0 : dice.integer(3),
    };
  }

  /** Seconds below seven times `bound`, in the class of this client. */
  #interval(bound: number): number {
    return 1 + this.#client.index +
      INTERVAL_CLASSES * this.#world.dice.integer(bound);
  }

  /** Nobody else retains anything there, so that it does not matter which of two Wills comes first. */
  #drawWillTopic(): string {
    return `will/${this.#client.index}`;
  }

  #publish(): void {
    const { dice } = this.#world;
    const topicName = dice.oneIn(40) ? DENIED_TOPIC : dice.pick(TOPIC_NAMES);
    this.#client.publish(this.#world.draw(this.#client, topicName));
  }

  #subscribe(): void {
    const client = this.#client;
    const { dice } = this.#world;
    const isModern = client.version === 5;
    const identifier = isModern && dice.oneIn(2) ? 1 + dice.integer(200) : 0;
    const keys = new Set(
      Array.from(
        { length: 1 + dice.integer(3) },
        () => dice.pick(TOPIC_FILTERS),
      ),
    );
    const subscriptions = [...keys].map((key): ModelSubscription => {
      const { filter, shareName } = splitShare(key);
      return {
        key,
        filter,
        shareName,
        qos: dice.integer(3) as QoS,
        noLocal: isModern && shareName === null && dice.oneIn(3),
        retainAsPublished: isModern && dice.oneIn(2),
        identifier,
      };
    });
    client.subscribe(
      subscriptions,
      subscriptions.map(() =>
        isModern ? dice.integer(3) as 0 | 1 | 2 : 0 as const
      ),
    );
  }

  #disconnect(): void {
    const client = this.#client;
    const { dice } = this.#world;
    if (client.version === 4) return client.disconnect(0, null);
    const wasNeverToLast = client.link!.request.expirySeconds === 0;
    const expirySeconds = !wasNeverToLast && dice.oneIn(3)
      ? dice.pick([0, this.#interval(3), NEVER_EXPIRES])
      : null;
    client.disconnect(dice.pick([0, 0, 4]), expirySeconds);
  }

  /** Reads nothing for a while. */
  #getStuck(): void {
    const { dice, scheduler } = this.#world;
    const { transport } = this.#client.link!;
    transport.isStuck = true;
    scheduler.after(dice.between(0, 10_000), () => {
      if (!transport.isClosed) transport.isStuck = false;
    });
  }
}

/** A message that is unlike any other. */
export function drawMessage(
  world: World,
  client: Client,
  topicName: string,
): Message {
  const { dice } = world;
  const isRetained = dice.oneIn(4);
  const isRemoval = isRetained && client.version === 5 && dice.oneIn(4);
  const tag = world.nextTag();
  return new Message({
    topicName,
    qos: dice.integer(3) as QoS,
    isRetained,
    payload: isRemoval ? "" : tag.padEnd(dice.oneIn(10) ? 300 : 0, "."),
    tag,
    expirySeconds: client.version === 5 && dice.oneIn(6)
      ? dice.integer(10)
      : null,
    author: client.name,
  });
}

/** A message that removes what is retained of a topic. */
export function drawRemoval(
  world: World,
  client: Client,
  topicName: string,
): Message {
  return new Message({
    topicName,
    qos: 1,
    isRetained: true,
    payload: "",
    tag: world.nextTag(),
    expirySeconds: null,
    author: client.name,
  });
}
