import type { ConnectPacket, PublishView } from "../codec/mod.ts";
import type { Connection } from "./connection.ts";
import type { OverLimit } from "./connection_limit.ts";
import type { Limits } from "./limits.ts";

/** Time, in milliseconds since the epoch; it never runs backwards. */
export interface Clock {
  nowMs(): number;
  /**
   * Calls `callback` once when `nowMs()` has reached `dueAtMs`. There is one
   * alarm: a new call replaces it, `Infinity` turns it off.
   */
  setAlarm(dueAtMs: number, callback: () => void): void;
}

/** Unpredictable numbers, for Client Identifiers that the broker assigns. */
export interface Random {
  /** `length` random characters out of `0-9a-z`. */
  text(length: number): string;
}

/** Who a peer is by the certificate that it has proven to own. */
export interface CertificateIdentity {
  /** The common name of the subject; empty if it has none. */
  readonly commonName: string;
  /** In hexadecimal digits, as the certification authority counts. */
  readonly serialNumber: string;
  /** SHA-256 of the certificate: hexadecimal pairs with colons between them. */
  readonly fingerprint: string;
  /** As in `DNS:a.example, email:b@example`; empty if there are none. */
  readonly alternativeNames: string;
}

/** What the connections of one listener have in common. */
export interface ListenerScope {
  /** As the configuration counts listeners; -1 stands for none of them. */
  readonly index: number;
  /** Its address, as the configuration has it. */
  readonly name: string;
  /** Replaced as a whole. */
  limits: Limits;
}

/**
 * The byte stream of one Network Connection [MQTT-4.2.0-1]. The adapter that
 * owns it calls {@linkcode Connection.receive}, {@linkcode Connection.sent}
 * and {@linkcode Connection.transportClosed}.
 */
export interface Transport {
  /** For logs and limits: `address:port` of the peer. */
  readonly remoteAddress: string;
  /** `null` if the peer has shown no certificate. */
  readonly certificateIdentity?: CertificateIdentity | null;
  /** A user name that stands over the one in CONNECT, or `null`. */
  readonly userName?: string | null;
  /**
   * Why the peer, which was let in, would not be now; `null` if it would, or
   * if there is nothing that could change.
   */
  readonly findObjection?: (() => string | null) | null;
  /** Where it came in; without one the broker's own limits hold. */
  readonly listener?: ListenerScope | null;
  /**
   * Starts sending `bytes`, which stay untouched until the adapter calls
   * `sent()`; the broker has one send under way at most.
   */
  send(bytes: Uint8Array): void;
  /** Reading may go on; {@linkcode Connection.isHeld} has become false. */
  resume(): void;
  /** Closes once everything given to `send` has gone out, within a bounded time. */
  close(): void;
}

/** What a CONNECT asks to be let in with. */
export interface AuthenticationRequest {
  readonly connect: ConnectPacket;
  /** As in CONNECT, unless the transport vouches for another one. */
  readonly userName: string | null;
  /** Whether `userName` comes from the transport and needs no password. */
  readonly isVouched: boolean;
  /** `null` if the client has shown no certificate. */
  readonly certificateIdentity: CertificateIdentity | null;
  readonly remoteAddress: string;
  readonly listener?: ListenerScope;
  /** Whether the client has gone: nobody is told the answer any more. */
  readonly isAbandoned?: () => boolean;
}

/** Who a client is to the {@linkcode Authorizer}. */
export interface ClientIdentity {
  readonly clientIdentifier: string;
  readonly userName: string | null;
  readonly remoteAddress: string;
  readonly listener?: ListenerScope;
  /** What the {@linkcode Authorizer} remembers of the client: its own. */
  authorization: object | null;
}

export type Action = "publish" | "subscribe" | "receive";

/** The answer to a CONNECT: Reason Code 0x00 lets the client in. */
export interface AuthenticationResult {
  /** A Reason Code that CONNACK may carry [MQTT-3.2.2-8]. */
  readonly reasonCode: number;
  /**
   * The user name to go on with, when it is not that of the request; with a
   * refused exchange, the one that the client wanted to log in with.
   */
  readonly userName?: string | null;
  /** Whether nobody has checked the user name: it is what the client says. */
  readonly isUnproven?: boolean;
  /** What {@linkcode ClientIdentity.authorization} begins with. */
  readonly authorization?: object;
  /** Why the client is not let in: for the operator, never for the client. */
  readonly cause?: string;
  /**
   * When what the client has shown ends to hold, in milliseconds since the
   * epoch: unless it has authenticated again it is disconnected with 0x87.
   */
  readonly expiresAtMs?: number;
}

/** What one message of an {@linkcode AuthenticationExchange} leads to. */
export interface AuthenticationStep extends AuthenticationResult {
  /** What the client is sent with it; 0x18 goes on, 0x00 is the end. */
  readonly data?: Uint8Array;
}

/** The server's side of one exchange of AUTH packets, begun by CONNECT or by 0x19. */
export interface AuthenticationExchange {
  /** Takes Authentication Data from the client; empty if it sent none. */
  proceed(data: Uint8Array): Promise<AuthenticationStep>;
}

/** Decides who may connect and what a client may do. */
export interface Authorizer {
  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationResult | Promise<AuthenticationResult>;
  /** Begins an exchange; `null` if the Authentication Method is not supported. */
  startExchange?(
    method: string,
    client: ClientIdentity,
  ): AuthenticationExchange | null;
  /**
   * Looks a decision up. `null` means that it is not known yet: the broker
   * holds the connection and goes by what {@linkcode decide} answers.
   */
  lookup(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): boolean | null;
  /** Finds out what `lookup` did not know; never rejects. */
  decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): Promise<boolean>;
  /** Which rule the last `lookup` with the same arguments went by, for the log. */
  explain?(client: ClientIdentity, action: Action, topic: string): string;
  /**
   * Why nobody with the user name and the Client Identifier of `author` could
   * come in now, by whichever listener, and publish its Will to `topic`;
   * `null` if somebody could, or it cannot be told at once. An earlier run of
   * the program has let it in, so that nothing else is known of it.
   */
  findWillObjection?(author: ClientIdentity, topic: string): string | null;
  /**
   * Whether `lookup` is to be asked about "receive" too. With "once" every
   * answer of yes holds until the broker reviews permissions.
   */
  readonly receiveControl?: "none" | "once" | "always";
}

/** Is told what an operator wants to see; none of the calls is per message. */
export interface Observer {
  clientConnected(connection: Connection, connect: ConnectPacket): void;
  /** `cause` is a sentence for people; `reasonCode` of 5.0, whatever the version. */
  clientDisconnected(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void;
  /** A connection has no place here, and was closed unheard. */
  connectionOverLimit(refusal: OverLimit): void;
  /** The other side has ended the connection before it was accepted or refused. */
  connectionAbandoned(connection: Connection, cause: string): void;
  /** The connection was ended before it had been accepted. */
  connectionRefused(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void;
  /** Something that one client did was refused; reported once per client, kind and topic that is not allowed. The client may be away: its Will waits. */
  requestRefused(client: ClientIdentity, cause: string): void;
  /** The client does not take what it is sent; nobody waits for it from now on. */
  clientSlow(connection: Connection): void;
  /** `topicFilter` as in SUBSCRIBE; the client may have had the subscription already. */
  subscriptionMade(
    connection: Connection,
    topicFilter: string,
    maximumQos: number,
  ): void;
  /** The client has unsubscribed. */
  subscriptionEnded(connection: Connection, topicFilter: string): void;
  /** A defect of the broker: an error that is none of the client's. */
  internalError(connection: Connection | null, error: unknown): void;
}

/** Those who are told of the messages with some Topic Names. */
export interface Audience {
  /**
   * `connection` has published, and the broker has accepted it. `publish` is
   * borrowed until this returns, and may stand for a run of like packets. Part
   * of the hot path: it must not wait, throw or call the broker.
   */
  published(
    connection: Connection,
    publish: PublishView,
    topicName: string,
  ): void;
}

/** Knows who is told of what clients publish. */
export interface MessageObserver {
  /**
   * Who is told of messages with `topicName`, `null` for nobody. The answer is
   * kept until there is another observer.
   */
  audienceOf(topicName: string): Audience | null;
}
