/** Something that can send again, once a topic has room. */
export interface Sender {
  /** Sends what is allowed now. */
  flush(): void;
}

/** Something that counts what arrived. */
export interface Receiver {
  /** PUBLISH packets that arrived so far. */
  delivered: number;
}

/**
 * One topic under load: bounds the gap between what was sent to it and what
 * its slowest subscriber has received, so that no broker is pushed into
 * dropping, and wakes publishers when the gap closes.
 */
export class Topic {
  readonly name: string;
  readonly receivers: Receiver[] = [];
  readonly senders: Sender[] = [];
  /** PUBLISH packets handed to sockets so far. */
  sent = 0;
  /** How many more PUBLISH packets may be sent, counted from none. */
  #budget: number;
  readonly #maximumOutstanding: number;
  #forgiven = 0;
  #firstSender = 0;

  constructor(name: string, maximumOutstanding: number, budget = Infinity) {
    this.name = name;
    this.#maximumOutstanding = maximumOutstanding;
    this.#budget = budget;
  }

  /** How many messages may still be sent in all. */
  remaining(): number {
    return this.#budget - this.sent;
  }

  /** How many messages may be sent now. */
  allowance(): number {
    const remaining = this.#budget - this.sent;
    if (this.receivers.length === 0) return remaining;
    const gap = this.sent - this.#forgiven - this.slowestDelivered();
    return Math.min(remaining, this.#maximumOutstanding - gap);
  }

  /** PUBLISH packets that the subscriber with the fewest received. */
  slowestDelivered(): number {
    const receivers = this.receivers;
    let slowest = receivers[0].delivered;
    for (let index = 1; index < receivers.length; index++) {
      const delivered = receivers[index].delivered;
      if (delivered < slowest) slowest = delivered;
    }
    return slowest;
  }

  /** Lets publishers send what is allowed now, each in turn first. */
  wake(): void {
    const senders = this.senders;
    const count = senders.length;
    for (let turn = 0; turn < count; turn++) {
      senders[(this.#firstSender + turn) % count].flush();
    }
    this.#firstSender++;
  }

  /** Lets `count` more messages out. */
  release(count: number): void {
    this.#budget += count;
  }

  /** Lets no further message out. */
  stop(): void {
    this.#budget = this.sent;
  }

  /** Stops waiting for what has not arrived: it was lost. */
  forgive(): void {
    if (this.receivers.length === 0) return;
    this.#forgiven = this.sent - this.slowestDelivered();
    this.wake();
  }
}
