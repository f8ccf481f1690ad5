import type { Change } from "./_labels.ts";
import type { Link } from "./_link.ts";
import type { Message } from "./_message.ts";
import { type Receipt, RetainedOffer } from "./_offer.ts";
import { isMatch } from "./_topics.ts";

/** A subscription as the client asked for it. */
export interface ModelSubscription {
  readonly key: string;
  readonly shareName: string | null;
  readonly filter: string;
  readonly qos: number;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly identifier: number;
}

/** A message that is published when a connection ends badly. */
export interface ModelWill {
  readonly message: Message;
  readonly delaySeconds: number;
}

/** A retained message, from one change of its topic to the next. */
export interface RetainedVersion {
  readonly message: Message;
  readonly expiresAtMs: number;
  /** What set it; `null` for a Will. */
  readonly label: Change | null;
  untilStep: number;
}

/** Every retained message that ever was, by topic, oldest first. */
export type Versions = ReadonlyMap<string, readonly RetainedVersion[]>;

/** Retained messages that are due because of one SUBSCRIBE. */
export class Replay {
  readonly session: ModelSession;
  readonly subscription: ModelSubscription;
  readonly startStep: number;
  /** The connection of the SUBSCRIBE. */
  readonly link: Link | null;
  /** What there was then, by topic. */
  readonly initial = new Map<string, RetainedVersion>();
  /** Replaced, unsubscribed, or forgotten in a crash: what is under way may still come. */
  isStopped = false;
  readonly #versions: Versions;
  readonly #offers = new Map<string, RetainedOffer>();

  constructor(
    session: ModelSession,
    subscription: ModelSubscription,
    startStep: number,
    versions: Versions,
  ) {
    this.session = session;
    this.subscription = subscription;
    this.startStep = startStep;
    this.link = session.link;
    this.#versions = versions;
  }

  /** What is owed for a topic, or may be: `null` if the filter does not match. */
  offer(topicName: string): RetainedOffer | null {
    if (!isMatch(this.subscription.filter, topicName)) return null;
    const known = this.#offers.get(topicName);
    if (known !== undefined) return known;
    const offer = new RetainedOffer(this, topicName);
    this.#offers.set(topicName, offer);
    return offer;
  }

  /** Whether `message` has been retained at any time since SUBSCRIBE. */
  isRetained(message: Message): boolean {
    const versions = this.#versions.get(message.topicName) ?? [];
    return versions.some((version) =>
      version.message === message && version.untilStep >= this.startStep
    );
  }
}

/** What can be taken back by a crash of the broker. */
export interface SessionState {
  expirySeconds: number;
  expiresAtMs: number;
  will: ModelWill | null;
  willDueAtMs: number;
  subscriptions: Map<string, ModelSubscription>;
  /** QoS 2 messages of the client whose PUBREL has not come. */
  received: Map<number, Message>;
}

/** A session as it has to be, from its first CONNECT to its end. */
export class ModelSession {
  readonly clientIdentifier: string;
  /** The connection that has it now. */
  link: Link | null = null;
  state: SessionState;
  /** Whether a store keeps it: it did not end with its first connection. */
  isStored = false;
  /** All that its clients have got, oldest first. */
  readonly receipts: Receipt[] = [];
  /** Those that the broker does not know to be done, by Packet Identifier. */
  readonly open = new Map<number, Receipt>();
  readonly replays: Replay[] = [];
  /** The sequence of what came last, by author, topic and QoS. */
  readonly lastSequences = new Map<string, number>();
  /** Of all clients that ever had it, in bytes. */
  smallestMaximumPacketSize = Infinity;
  /** What changed last of each subscription, and of each of the client's identifiers. */
  readonly lastChanges = new Map<string | number, Change>();
  /** Connections that were given a new session since it has ended. */
  successors: Link[] = [];
  hasEnded = false;
  endedStep = Infinity;

  constructor(clientIdentifier: string) {
    this.clientIdentifier = clientIdentifier;
    this.state = {
      expirySeconds: 0,
      expiresAtMs: Infinity,
      will: null,
      willDueAtMs: Infinity,
      subscriptions: new Map(),
      received: new Map(),
    };
  }

  copyState(): SessionState {
    const { state } = this;
    return {
      ...state,
      subscriptions: new Map(state.subscriptions),
      received: new Map(state.received),
    };
  }
}
