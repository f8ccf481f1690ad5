import type { QoS } from "../../src/codec/mod.ts";
import type { Link } from "./_link.ts";
import type { ModelSession } from "./_model_session.ts";

/** One publication of a client, or a Will; its payload tells it from all others. */
export class Message {
  readonly topicName: string;
  readonly qos: QoS;
  readonly isRetained: boolean;
  /** Empty only where it removes a retained message. */
  readonly payload: string;
  /** What receivers know it by: its payload, or its Content Type if it has none. */
  readonly tag: string;
  /** Seconds; `null` is never. */
  readonly expirySeconds: number | null;
  /** The Client Identifier of who published it. */
  readonly author: string;
  /** What the broker owed for it, each time it took it. */
  readonly deliveries: Delivery[] = [];
  /** Whether its publisher was told that it is safe. */
  isAcknowledged = false;
  /** Who has got it, and how, without repetitions. */
  readonly receipts: Receipt[] = [];
  /** How often the broker took it for a new one. */
  takenCount = 0;
  /** Whether it was perhaps refused because of full queues. */
  isUncertain = false;
  /** What the broker had owed when it said that nobody could take it. */
  refusedDeliveries: readonly Delivery[] | null = null;

  constructor(fields: {
    readonly topicName: string;
    readonly qos: QoS;
    readonly isRetained: boolean;
    readonly payload: string;
    readonly tag: string;
    readonly expirySeconds: number | null;
    readonly author: string;
  }) {
    this.topicName = fields.topicName;
    this.qos = fields.qos;
    this.isRetained = fields.isRetained;
    this.payload = fields.payload;
    this.tag = fields.tag;
    this.expirySeconds = fields.expirySeconds;
    this.author = fields.author;
  }

  toString(): string {
    const flags = this.isRetained ? " retained" : "";
    return `"${this.tag}" to ${this.topicName} at QoS ` +
      `${this.qos}${flags} of ${this.author}`;
  }
}

/** A session that may get a delivery, and in which form. */
export interface Candidate {
  readonly session: ModelSession;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly identifiers: readonly number[];
}

/** A session that has got a message, in which form and when. */
export interface Receipt extends Candidate {
  readonly step: number;
}

/** Whether both are of the same session and form. */
export function isSameForm(a: Candidate, b: Candidate): boolean {
  return a.session === b.session && a.qos === b.qos &&
    a.isRetained === b.isRetained &&
    a.identifiers.length === b.identifiers.length &&
    a.identifiers.every((value, index) => value === b.identifiers[index]);
}

/** Something that came about at a step; `Infinity` is not yet. */
export const NEVER = Infinity;

/**
 * What the broker owes for one message: to one session, to one member of a
 * shared group, or out of the retained messages.
 */
export class Delivery {
  readonly message: Message;
  /** "direct", the shared group, or "retained". */
  route: string;
  candidates: readonly Candidate[];
  /** When the broker took the message. */
  readonly handledStep: number;
  readonly handledAtMs: number;
  readonly expiresAtMs: number;
  /** Ascending in the order in which the broker took messages. */
  readonly sequence: number;
  /** The connection of the only candidate at that time. */
  readonly link: Link | null;
  /** Who got it. */
  holder: ModelSession | null = null;
  /** How often the client's application got it. */
  receivedCount = 0;
  packetIdentifier = 0;
  lastLink: Link | null = null;
  /** When the broker was told that the client has it. */
  settledStep = NEVER;
  /** When the broker got PUBREC. */
  releasedStep = NEVER;
  /** A crash has undone it, or it may be lost for another good reason. */
  isOptional = false;
  /** A crash has undone it: nobody may get it any more. */
  isVoid = false;

  constructor(
    message: Message,
    route: string,
    candidates: readonly Candidate[],
    at: {
      readonly step: number;
      readonly nowMs: number;
      readonly expiresAtMs: number;
      readonly sequence: number;
    },
  ) {
    this.message = message;
    this.route = route;
    this.candidates = candidates;
    this.handledStep = at.step;
    this.handledAtMs = at.nowMs;
    this.expiresAtMs = at.expiresAtMs;
    this.sequence = at.sequence;
    this.link = candidates.length === 1 ? candidates[0].session.link : null;
  }

  /**
   * Takes the place of `other`: of two equal ones for the same message nobody
   * can tell which shared group it came for.
   */
  swapRoute(other: Delivery): void {
    const { candidates, route } = this;
    for (const { session } of candidates) {
      if (other.candidate(session) === null) replace(session, this, other);
    }
    for (const { session } of other.candidates) {
      if (this.candidate(session) === null) replace(session, other, this);
    }
    this.candidates = other.candidates;
    this.route = other.route;
    other.candidates = candidates;
    other.route = route;
  }

  /** Whether a publication was the reason for it, and not SUBSCRIBE. */
  get isLive(): boolean {
    return this.sequence < Infinity;
  }

  /** The form in which `session` may get it, or `null`. */
  candidate(session: ModelSession): Candidate | null {
    return this.candidates.find((each) => each.session === session) ?? null;
  }

  toString(): string {
    const state = this.isVoid
      ? ", undone"
      : this.holder === null
      ? ""
      : `, got by ${this.holder.clientIdentifier} ${this.receivedCount} times`;
    return `${this.message} by ${this.route} to ` +
      this.candidates.map(({ session, qos }) =>
        `${session.clientIdentifier} at QoS ${qos}`
      ).join(" or ") + ` in step ${this.handledStep}${state}`;
  }
}

function replace({ deliveries }: ModelSession, old: Delivery, by: Delivery) {
  deliveries[deliveries.indexOf(old)] = by;
}
