import type { SeededRandom } from "../broker/_fakes.ts";
import type { ProtocolVersion } from "../../src/codec/mod.ts";
import type { Ledger } from "./_ledger.ts";
import { type Draft, Publisher } from "./_publisher.ts";
import { Subscriber } from "./_subscriber.ts";
import type { Trace } from "./_trace.ts";

/** Topics of ordinary messages, and filters that subscribers choose from. */
const TOPICS = ["t/0", "t/1", "t/2", "u/1"];
const FILTERS = ["t/#", "t/+", "t/1", "+/1", "u/#", "r/#", "s/#"];
/** Each at one QoS: a QoS 1 message that is sent again may pass one of QoS 2. */
const RETAINED_TOPICS = { 1: ["r/0", "r/1"], 2: ["r/2", "r/3"] } as const;
/** Topics that are subscribed to and unsubscribed from all the time. */
export const CHANGING_TOPICS = ["d/0", "d/1", "d/2"];
export const SHARED_FILTER = "s/#";
const SHARED_TOPICS = ["s/0", "s/1"];

const MESSAGE_COUNT = 120;
const FILLER_BYTES = [0, 10, 100, 2_000];
/** Takes several values in the store. */
const LARGE_FILLER_BYTES = 150_000;
const LARGE_ONE_IN = 60;

/** All clients of a round, as its dice want them. */
export class Cast {
  readonly publishers: Publisher[];
  readonly subscribers: Subscriber[];
  /** The members of a shared subscription. */
  readonly members: Subscriber[];

  constructor(dice: SeededRandom, ledger: Ledger, trace: Trace) {
    const subscriber = (name: string) =>
      new Subscriber({
        clientIdentifier: name,
        version: pickVersion(dice),
        isLasting: true,
        trace,
        ledger,
        dice,
      });
    const publisher = (name: string, makeDraft: () => Draft) =>
      new Publisher({
        clientIdentifier: name,
        version: pickVersion(dice),
        isLasting: true,
        trace,
        ledger,
        drafts: Array.from({ length: MESSAGE_COUNT }, makeDraft),
        windowSize: 1 + dice.integer(12),
      });
    this.subscribers = ["sub-0", "sub-1", "sub-2"].map(subscriber);
    this.members = ["member-0", "member-1"].map(subscriber);
    this.publishers = [
      publisher("pub-0", () => makeDraft(dice, TOPICS)),
      publisher(
        "pub-1",
        () => makeDraft(dice, [...TOPICS, ...CHANGING_TOPICS]),
      ),
      publisher("pub-shared", () => makeDraft(dice, SHARED_TOPICS)),
      publisher("pub-retained", () => makeRetainedDraft(dice)),
    ];
    for (const each of this.receivers) each.subscribe(barrierTopic(each), 2);
    for (const member of this.members) {
      member.subscribe(`$share/group/${SHARED_FILTER}`, 2);
    }
    for (const each of this.subscribers) {
      const filters = new Set([pick(dice, FILTERS), pick(dice, FILTERS)]);
      for (const filter of filters) each.subscribe(filter, pickQos(dice));
    }
  }

  get receivers(): Subscriber[] {
    return [...this.subscribers, ...this.members];
  }
}

/** A topic that nobody but `subscriber` gets. */
export function barrierTopic({ clientIdentifier }: Subscriber): string {
  return `b/${clientIdentifier}`;
}

export function pick<Item>(dice: SeededRandom, items: readonly Item[]): Item {
  return items[dice.integer(items.length)];
}

export function pickQos(dice: SeededRandom): 1 | 2 {
  return dice.integer(2) === 0 ? 1 : 2;
}

function pickVersion(dice: SeededRandom): ProtocolVersion {
  return dice.integer(2) === 0 ? 4 : 5;
}

function makeDraft(
  dice: SeededRandom,
  topicNames: readonly string[],
  qos = pickQos(dice),
): Draft {
  return {
    topicName: pick(dice, topicNames),
    qos,
    isRetained: false,
    isRemoval: false,
    fillerBytes: dice.integer(LARGE_ONE_IN) === 0
      ? LARGE_FILLER_BYTES
      : pick(dice, FILLER_BYTES),
  };
}

function makeRetainedDraft(dice: SeededRandom): Draft {
  const qos = pickQos(dice);
  return {
    ...makeDraft(dice, RETAINED_TOPICS[qos], qos),
    isRetained: true,
    isRemoval: dice.integer(5) === 0,
  };
}
