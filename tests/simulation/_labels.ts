import type { Message } from "./_message.ts";
import type { ModelSubscription, ModelWill } from "./_model_session.ts";
import type { LiveOffer, Receipt } from "./_offer.ts";

/** What a client asked for in CONNECT. */
export interface ConnectRequest {
  readonly cleanStart: boolean;
  readonly expirySeconds: number;
  readonly will: ModelWill | null;
  readonly keepAliveSeconds: number;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
}

/** One sending of a PUBLISH. */
export interface PublishLabel {
  readonly kind: "publish";
  readonly message: Message;
  readonly packetIdentifier: number;
  /** The Reason Codes that may come; empty until the broker has handled it. */
  expected: readonly number[];
  handledStep: number;
  /** What the broker owed from then on. */
  offers: readonly LiveOffer[];
  /** The Reason Code that came. */
  reasonCode: number | null;
  /** It cannot be stored, and the client cannot be told. */
  isUnanswerable: boolean;
  /** That may be so: it is a matter of luck whether the broker had it before. */
  mayBeUnanswerable: boolean;
  /** The client has been told that the broker has it. */
  isPromised: boolean;
}

/** PUBACK, PUBREC or PUBCOMP for what the client has got. */
export interface AcknowledgeLabel {
  readonly kind: "acknowledge";
  readonly type: 4 | 5 | 7;
  readonly receipt: Receipt;
  readonly isRefusal: boolean;
}

/** PUBREL for a message of the client's own. */
export interface ReleaseLabel {
  readonly kind: "release";
  readonly packetIdentifier: number;
  handledStep: number;
  /** The client has been told that it is done. */
  isPromised: boolean;
}

export interface SubscribeLabel {
  readonly kind: "subscribe";
  readonly subscriptions: readonly ModelSubscription[];
  readonly retainHandlings: readonly number[];
  expected: readonly number[];
  handledStep: number;
  /** The client has been told that it is done. */
  isPromised: boolean;
}

export interface UnsubscribeLabel {
  readonly kind: "unsubscribe";
  readonly keys: readonly string[];
  expected: readonly number[];
  handledStep: number;
  /** The client has been told that it is done. */
  isPromised: boolean;
}

export interface DisconnectLabel {
  readonly kind: "disconnect";
  readonly reasonCode: number;
  readonly expirySeconds: number | null;
}

/** What one packet of a client means to the model. */
export type Meaning =
  | { readonly kind: "connect" }
  | PublishLabel
  | AcknowledgeLabel
  | ReleaseLabel
  | SubscribeLabel
  | UnsubscribeLabel
  | DisconnectLabel
  | { readonly kind: "ping" }
  /** Breaks a rule: the broker has to end the connection. */
  | { readonly kind: "violation"; readonly name: string };

/** Whether the connection is over, now that the broker has handled the packet. */
export function endsConnection(meaning: Meaning): boolean {
  const { kind } = meaning;
  return kind === "disconnect" || kind === "violation" ||
    (kind === "publish" && meaning.isUnanswerable);
}

/** What a client may have been told to be safe. */
export type Change =
  | PublishLabel
  | ReleaseLabel
  | SubscribeLabel
  | UnsubscribeLabel;
