import { filterMatches } from "./_filter.ts";

/** A message as its publisher knows it. */
export interface SentMessage {
  /** `publisher/number`, the beginning of its payload. */
  readonly key: string;
  readonly publisher: string;
  readonly number: number;
  readonly topicName: string;
  readonly qos: 1 | 2;
  readonly isRetained: boolean;
  /** An empty payload, which removes the retained message. */
  readonly isRemoval: boolean;
  /** When it was sent first, and when it was acknowledged, in ticks. */
  sentAt: number;
  acknowledgedAt: number;
}

/** One subscription that one client asked for, from request to end. */
interface Interval {
  readonly topicFilter: string;
  readonly qos: 1 | 2;
  askedAt: number;
  grantedAt: number;
  endAskedAt: number;
  endGrantedAt: number;
}

interface Receipt {
  readonly key: string;
  readonly qos: number;
}

/** A {@linkcode Receipt} with its place in time. */
interface Reception extends Receipt {
  readonly receivedAt: number;
}

/** The first reception of a message. */
interface Arrival {
  readonly message: SentMessage;
  readonly receivedAt: number;
}

/** Never has happened. */
const NEVER = Infinity;

/**
 * What was promised, and what has come. Time is a number that goes up with
 * each entry, so that "before" means before for all clients.
 */
export class Ledger {
  readonly messages = new Map<string, SentMessage>();
  readonly violations: string[] = [];
  readonly #intervals = new Map<string, Interval[]>();
  readonly #receipts = new Map<string, Reception[]>();
  #now = 0;

  sent(message: SentMessage): void {
    message.sentAt = ++this.#now;
    message.acknowledgedAt = NEVER;
    this.messages.set(message.key, message);
  }

  acknowledged(key: string): void {
    this.messages.get(key)!.acknowledgedAt = ++this.#now;
  }

  subscribing(client: string, topicFilter: string, qos: 1 | 2): void {
    listOf(this.#intervals, client).push({
      topicFilter,
      qos,
      askedAt: ++this.#now,
      grantedAt: NEVER,
      endAskedAt: NEVER,
      endGrantedAt: NEVER,
    });
  }

  subscribed(client: string, topicFilter: string): void {
    this.#last(client, topicFilter).grantedAt = ++this.#now;
  }

  unsubscribing(client: string, topicFilter: string): void {
    this.#last(client, topicFilter).endAskedAt = ++this.#now;
  }

  unsubscribed(client: string, topicFilter: string): void {
    this.#last(client, topicFilter).endGrantedAt = ++this.#now;
  }

  received(client: string, receipt: Receipt): void {
    const receivedAt = ++this.#now;
    listOf(this.#receipts, client).push({ ...receipt, receivedAt });
  }

  violated(text: string): void {
    this.violations.push(text);
  }

  /** Whether `client` was granted something that a crash must not undo. */
  hasGranted(client: string): boolean {
    return listOf(this.#intervals, client)
      .some(({ grantedAt }) => grantedAt < NEVER);
  }

  /** Holds what `client` has received to what was acknowledged. */
  checkClient(client: string): void {
    const receipts = listOf(this.#receipts, client);
    for (const message of this.messages.values()) {
      // An empty payload bears no key.
      if (!message.isRemoval) this.#checkMessage(client, message, receipts);
    }
    this.#checkOrder(client, receipts);
  }

  /** Holds the members of a shared subscription to it, together. */
  checkShared(clients: readonly string[], topicFilter: string): void {
    const receipts = clients.flatMap((each) => listOf(this.#receipts, each));
    for (const { key, topicName, qos } of this.messages.values()) {
      if (!filterMatches(topicFilter, topicName)) continue;
      const count = receipts.filter((receipt) => receipt.key === key).length;
      if (count === 0 || (qos === 2 && count > 1)) {
        this.violated(`${clients}: ${key} (QoS ${qos}) came ${count} times`);
      }
    }
  }

  /** The numbers of `publisher` that the retained message of a topic may have now. */
  checkRetained(found: ReadonlyMap<string, string>): void {
    const topics = new Map<string, SentMessage[]>();
    for (const message of this.messages.values()) {
      if (message.isRetained) listOf(topics, message.topicName).push(message);
    }
    for (const [topicName, messages] of topics) {
      const last = messages.findLastIndex(({ acknowledgedAt }) =>
        acknowledgedAt < NEVER
      );
      const allowed = messages.slice(Math.max(last, 0))
        .map(({ key, isRemoval }) => isRemoval ? "nothing" : key);
      if (last < 0) allowed.push("nothing");
      const value = found.get(topicName) ?? "nothing";
      if (!allowed.includes(value)) {
        this.violated(
          `retained under ${topicName} is ${value}, not ${
            allowed.join(" or ")
          }`,
        );
      }
    }
  }

  #checkMessage(
    client: string,
    { key, topicName, qos, sentAt, acknowledgedAt }: SentMessage,
    receipts: readonly Receipt[],
  ): void {
    const matching = listOf(this.#intervals, client)
      .filter(({ topicFilter }) => filterMatches(topicFilter, topicName));
    const certain = matching.filter(({ grantedAt, endAskedAt }) =>
      grantedAt < sentAt && endAskedAt > acknowledgedAt
    );
    const isPossible = matching.some(({ askedAt, endGrantedAt }) =>
      askedAt < acknowledgedAt && endGrantedAt > sentAt
    );
    const own = receipts.filter((receipt) => receipt.key === key);
    const exactly = own.filter((receipt) => receipt.qos === 2).length;
    const isExact = qos === 2 && certain.some((each) => each.qos === 2);
    const says = `${client}: ${key} to ${topicName} (QoS ${qos})`;
    if (acknowledgedAt < NEVER && certain.length > 0 && own.length === 0) {
      this.violated(`${says} is missing`);
    } else if (!isPossible && own.length > 0) {
      this.violated(`${says} came without a subscription`);
    } else if (exactly > 1 || (isExact && own.length > 1)) {
      this.violated(`${says} came ${own.length} times`);
    }
  }

  /**
   * Per publisher, topic, and QoS on both ways, the first receptions come in
   * the order of sending [MQTT-4.6.0-5].
   */
  #checkOrder(client: string, receptions: readonly Reception[]): void {
    const seen = new Set<string>();
    const flows = new Map<string, Arrival[]>();
    for (const { key, qos: receivedQos, receivedAt } of receptions) {
      if (seen.has(key)) continue;
      seen.add(key);
      const message = this.messages.get(key);
      if (message === undefined) {
        this.violated(`${client}: ${key} was never sent`);
        continue;
      }
      const { publisher, topicName, qos, number } = message;
      const flow = `${publisher} ${topicName} ${qos} ${receivedQos}`;
      const arrivals = listOf(flows, flow);
      // The first of them: the longer it takes, the more may have changed.
      const before = arrivals.find((each) => each.message.number > number);
      arrivals.push({ message, receivedAt });
      if (before === undefined) continue;
      if (
        receivedQos === 2 ||
        this.#wasOwed(client, message, before.receivedAt)
      ) {
        this.violated(`${client}: ${key} came after ${before.message.key}`);
      }
    }
  }

  /**
   * Whether the subscriptions of `client` to the topic of a message had the
   * same effect from its first sending until `untilMoment`. If not, it may have
   * gone to nobody at first; when it is sent again, because its acknowledgement
   * was lost with the broker, it comes to who has subscribed meanwhile, and has
   * received later messages. Not at QoS 2: such a delivery is stored before it
   * is sent, and with it that the broker has the earlier messages.
   */
  #wasOwed(
    client: string,
    { topicName, qos, sentAt }: SentMessage,
    untilMoment: number,
  ): boolean {
    const possible = listOf(this.#intervals, client).filter((each) =>
      filterMatches(each.topicFilter, topicName) &&
      each.askedAt < untilMoment && each.endGrantedAt > sentAt
    );
    const certain = possible.filter(({ grantedAt, endAskedAt }) =>
      grantedAt < sentAt && endAskedAt > untilMoment
    );
    const highest = (intervals: readonly Interval[]) =>
      Math.max(...intervals.map((each) => Math.min(each.qos, qos)));
    return certain.length > 0 && highest(certain) === highest(possible);
  }

  #last(client: string, topicFilter: string): Interval {
    return listOf(this.#intervals, client)
      .findLast((each) => each.topicFilter === topicFilter)!;
  }
}

function listOf<Item>(map: Map<string, Item[]>, key: string): Item[] {
  let list = map.get(key);
  if (list === undefined) map.set(key, list = []);
  return list;
}
