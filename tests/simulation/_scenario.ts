import { LIMITS } from "../broker/_harness.ts";
import type { Limits } from "../../src/broker/mod.ts";
import type { Dice } from "./_dice.ts";

/** What a run is like; drawn from its seed. */
export interface Scenario {
  readonly clientCount: number;
  /** How long clients act before everything is healed. */
  readonly durationMs: number;
  /** The longest time that bytes are under way on a good connection. */
  readonly latencyMs: number;
  /** One connection in so many fails sooner or later. */
  readonly failureShare: number;
  readonly isStored: boolean;
  readonly crashCount: number;
  /** How often somebody tries to take over a session of another user. */
  readonly intruderCount: number;
  /** Whether writing to the store fails for a while. */
  readonly hasStoreFailure: boolean;
  /** Whether the bounds are low enough for messages to be dropped. */
  readonly isTight: boolean;
  readonly limits: Limits;
}

/** Bounds that no run reaches. */
const AMPLE: Limits = {
  ...LIMITS,
  maximumQueuedMessages: 10_000,
  maximumQueuedBytes: 100_000_000,
  maximumInflightMessages: 1_000,
  outputSoftLimitBytes: 10_000_000,
  outputHardLimitBytes: 100_000_000,
  slowConsumerGraceMs: 1_000,
};

export function drawScenario(dice: Dice): Scenario {
  const isStored = dice.oneIn(2);
  const isTight = dice.oneIn(3);
  return {
    clientCount: 3 + dice.integer(4),
    durationMs: dice.between(2_000, 15_000),
    latencyMs: dice.pick([1, 20, 300]),
    failureShare: dice.pick([2, 4, 20]),
    isStored,
    crashCount: isStored && dice.oneIn(2) ? 1 + dice.integer(3) : 0,
    intruderCount: dice.integer(6),
    hasStoreFailure: isStored && dice.oneIn(3),
    isTight,
    limits: isTight ? drawTightLimits(dice) : {
      ...AMPLE,
      // With full queues as well nobody could tell what is retained.
      maximumRetainedMessages: dice.pick([2, 10_000, 10_000, 10_000]),
    },
  };
}

function drawTightLimits(dice: Dice): Limits {
  return {
    ...AMPLE,
    maximumQueuedMessages: 2 + dice.integer(10),
    maximumQueuedBytes: dice.pick([300, 10_000]),
    maximumInflightMessages: 1 + dice.integer(5),
    maximumSubscriptionsPerClient: 1 + dice.integer(4),
    maximumRouteCacheEntries: dice.pick([0, 1, 4]),
    receiveMaximum: 1 + dice.integer(4),
    outputSoftLimitBytes: dice.pick([100, 1_000]),
    outputHardLimitBytes: 2_000,
    slowConsumerGraceMs: dice.pick([0, 100, 5_000]),
    topicAliasMaximum: dice.integer(3),
    outboundTopicAliasMaximum: dice.integer(3),
  };
}
