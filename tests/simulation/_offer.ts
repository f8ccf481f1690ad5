import type { Link } from "./_link.ts";
import type { Message } from "./_message.ts";
import type { ModelSession, Replay } from "./_model_session.ts";

/** Something that has not come about. */
export const NEVER = Infinity;

/** A session that gets a message, and in which form. */
export interface Form {
  readonly session: ModelSession;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly identifiers: readonly number[];
}

/** What the broker owes: it may be delivered once, in one of its forms. */
export interface Offer {
  /** When it came about. */
  readonly step: number;
  /** What it was delivered with. */
  receipt: Receipt | null;
  /** A crash has undone it: nobody may get it any more. */
  isVoid: boolean;
  accepts(receipt: Receipt): boolean;
}

/** What is owed for a publication: to one session, or to one of a shared group. */
export class LiveOffer implements Offer {
  readonly message: Message;
  /** "direct", or the shared group. */
  readonly route: string;
  readonly forms: readonly Form[];
  readonly step: number;
  readonly expiresAtMs: number;
  /** Ascending in the order in which the broker took messages. */
  readonly sequence: number;
  /** The connection that the only session had then. */
  readonly link: Link | null;
  receipt: Receipt | null = null;
  isVoid = false;
  /** It may be lost for a good reason. */
  isOptional = false;

  constructor(
    message: Message,
    route: string,
    forms: readonly Form[],
    at: {
      readonly step: number;
      readonly expiresAtMs: number;
      readonly sequence: number;
    },
  ) {
    this.message = message;
    this.route = route;
    this.forms = forms;
    this.step = at.step;
    this.expiresAtMs = at.expiresAtMs;
    this.sequence = at.sequence;
    this.link = forms.length === 1 ? forms[0].session.link : null;
  }

  accepts(receipt: Receipt): boolean {
    return !this.isVoid && this.step <= receipt.step &&
      receipt.isOf(this.message) &&
      this.forms.some((form) => isSameForm(form, receipt));
  }

  toString(): string {
    const state = this.isVoid
      ? ", undone"
      : this.receipt === null
      ? ""
      : `, got by ${this.receipt.session.clientIdentifier}`;
    return `${this.message} by ${this.route} to ` +
      this.forms.map(({ session, qos }) =>
        `${session.clientIdentifier} at QoS ${qos}`
      ).join(" or ") + ` in step ${this.step}${state}`;
  }
}

/** What is owed for a SUBSCRIBE: the retained message of one topic. */
export class RetainedOffer implements Offer {
  readonly replay: Replay;
  readonly topicName: string;
  readonly step: number;
  receipt: Receipt | null = null;
  isVoid = false;

  constructor(replay: Replay, topicName: string) {
    this.replay = replay;
    this.topicName = topicName;
    this.step = replay.startStep;
  }

  accepts(receipt: Receipt): boolean {
    const { identifier, qos } = this.replay.subscription;
    const { message } = receipt;
    return !this.isVoid && receipt.topicName === this.topicName &&
      this.step <= receipt.step && message !== null &&
      this.replay.isRetained(message) &&
      isSameForm(receipt, {
        session: this.replay.session,
        qos: Math.min(message.qos, qos),
        isRetained: true,
        identifiers: identifier > 0 ? [identifier] : [],
      });
  }
}

/** One message that a client has got, once or again and again. */
export class Receipt implements Form {
  readonly session: ModelSession;
  readonly topicName: string;
  /** `null` if the client cannot tell it from others that are empty. */
  readonly message: Message | null;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly identifiers: readonly number[];
  readonly packetIdentifier: number;
  readonly step: number;
  offer: Offer | null = null;
  /** How often the client's application has taken it. */
  takenCount = 0;
  lastLink: Link;
  /** When the broker was told that the client has it. */
  settledStep = NEVER;
  /** When the broker got PUBREC. */
  releasedStep = NEVER;

  constructor(
    form: Form,
    what: {
      readonly topicName: string;
      readonly message: Message | null;
      readonly packetIdentifier: number;
      readonly step: number;
      readonly link: Link;
    },
  ) {
    this.session = form.session;
    this.topicName = what.topicName;
    this.message = what.message;
    this.qos = form.qos;
    this.isRetained = form.isRetained;
    this.identifiers = form.identifiers;
    this.packetIdentifier = what.packetIdentifier;
    this.step = what.step;
    this.lastLink = what.link;
  }

  /** Whether it may be `message`. */
  isOf(message: Message): boolean {
    return this.message === message ||
      (this.message === null && message.payload === "" &&
        message.topicName === this.topicName);
  }

  toString(): string {
    return `${this.message ?? "an empty message"} under the identifier ` +
      `${this.packetIdentifier} for ${this.session.clientIdentifier}`;
  }
}

/** Whether both are of the same session and form. */
export function isSameForm(a: Form, b: Form): boolean {
  return a.session === b.session && a.qos === b.qos &&
    a.isRetained === b.isRetained &&
    a.identifiers.length === b.identifiers.length &&
    a.identifiers.every((value, index) => value === b.identifiers[index]);
}

/**
 * Finds an offer for `receipt`, moving others if need be: of equal copies of a
 * message nobody can tell which of several offers each came for. False if more
 * has come than is owed.
 */
export function assignOffer(
  receipt: Receipt,
  offersOf: (receipt: Receipt) => readonly Offer[],
  visited: Set<Offer> = new Set(),
): boolean {
  const offers = offersOf(receipt).filter((offer) => offer.accepts(receipt));
  const free = offers.find((offer) => offer.receipt === null);
  if (free !== undefined) {
    join(free, receipt);
    return true;
  }
  for (const offer of offers) {
    if (visited.has(offer)) continue;
    visited.add(offer);
    if (!assignOffer(offer.receipt!, offersOf, visited)) continue;
    join(offer, receipt);
    return true;
  }
  return false;
}

/**
 * Finds one of `receipts` for an offer that has to be delivered, taking it from
 * one that `isDue` says need not be. False if it has not come.
 */
export function assignReceipt(
  offer: Offer,
  receipts: readonly Receipt[],
  isDue: (offer: Offer) => boolean,
  visited: Set<Receipt> = new Set(),
): boolean {
  for (const receipt of receipts) {
    if (visited.has(receipt) || !offer.accepts(receipt)) continue;
    visited.add(receipt);
    const other = receipt.offer;
    if (
      other === null || !isDue(other) ||
      assignReceipt(other, receipts, isDue, visited)
    ) {
      join(offer, receipt);
      return true;
    }
  }
  return false;
}

function join(offer: Offer, receipt: Receipt): void {
  if (receipt.offer !== null && receipt.offer.receipt === receipt) {
    receipt.offer.receipt = null;
  }
  offer.receipt = receipt;
  receipt.offer = offer;
}
