import type { Properties, QoS } from "../codec/mod.ts";
import type { Authentication } from "./authentication.ts";
import type { ReconnectOptions } from "./back_off.ts";
import type { ClientClock } from "./clock.ts";
import type { Dial, TlsOptions } from "./transport.ts";

/** What a message says beside its payload; MQTT 5.0 only. */
export type PublishProperties = Pick<
  Properties,
  | "payloadFormatIndicator"
  | "messageExpiryInterval"
  | "contentType"
  | "responseTopic"
  | "correlationData"
  | "userProperties"
>;

/** Text goes out as UTF-8. */
export type Payload = string | Uint8Array;

/** The message that the server publishes when the client is lost. */
export interface Will {
  readonly topicName: string;
  readonly payload: Payload;
  /** 0 unless given. */
  readonly qos?: QoS;
  readonly isRetained?: boolean;
  readonly properties?:
    & PublishProperties
    & Pick<Properties, "willDelayInterval">;
}

/** Every setting of a client has a default; times and sizes are bounds. */
export interface ConnectOptions {
  /** 5 (MQTT 5.0) unless given; 4 is MQTT 3.1.1, 3 is MQTT 3.1. */
  readonly protocolVersion?: 3 | 4 | 5;
  /** Left out, a 5.0 server assigns one. */
  readonly clientIdentifier?: string;
  /**
   * Whether the first connection starts a new session; true unless given.
   * Later connections of this client resume the one it has.
   */
  readonly cleanStart?: boolean;
  /** How long the server keeps the session without a connection; 0 unless given. */
  readonly sessionExpiryIntervalSeconds?: number;
  /** 60 unless given; 0 turns Keep Alive off. */
  readonly keepAliveSeconds?: number;
  /** Takes precedence over the one in the URL. */
  readonly userName?: string;
  readonly password?: Payload;
  readonly will?: Will;
  /** QoS 1 and 2 messages that the server may send before they are acknowledged; 100 unless given. */
  readonly receiveMaximum?: number;
  /** The largest packet that the client takes; 1 MiB unless given. */
  readonly maximumPacketSizeBytes?: number;
  /** Topic Aliases that the server may set; 0 unless given. */
  readonly topicAliasMaximum?: number;
  /** Topic Aliases that the client sets, as far as the server allows; 0 unless given. */
  readonly outboundTopicAliasMaximum?: number;
  /** Asks the server for the stem of response topics; see `Client.request`. */
  readonly requestResponseInformation?: boolean;
  readonly userProperties?: [name: string, value: string][];
  /** Enhanced authentication. */
  readonly authentication?: Authentication;
  /** From dialling to CONNACK; 10,000 unless given. */
  readonly connectTimeoutMs?: number;
  /** `false`: the client closes with its first connection. */
  readonly reconnect?: ReconnectOptions | false;
  /** Messages that wait to be sent; 10,000 unless given. */
  readonly queueMaximumMessages?: number;
  /** Sum of their sizes; 16 MiB unless given. */
  readonly queueMaximumBytes?: number;
  /** Not in browsers. */
  readonly tls?: TlsOptions;
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
  /** Opens the byte stream; by the scheme of the URL unless given. */
  readonly dial?: Dial;
  /** The machine's time unless given. */
  readonly clock?: ClientClock;
  /** Numbers from 0 up to 1; `Math.random` unless given. */
  readonly random?: () => number;
}

/** What `publish` may be told. */
export interface PublishOptions {
  /** 0 unless given. */
  readonly qos?: QoS;
  /** Whether the server keeps it for later subscribers. */
  readonly isRetained?: boolean;
  readonly properties?: PublishProperties;
  /** A message that has been sent by then is not taken back. */
  readonly signal?: AbortSignal;
}

/** What `subscribe` may be told; it holds for each of its Topic Filters. */
export interface SubscribeOptions {
  /** The highest QoS to be sent; 0 unless given. */
  readonly qos?: QoS;
  /** Not the client's own messages; 5.0 only. */
  readonly noLocal?: boolean;
  /** RETAIN as the publisher set it; 5.0 only. */
  readonly retainAsPublished?: boolean;
  /** Retained messages: 0 send, 1 only for a new subscription, 2 never; 5.0 only. */
  readonly retainHandling?: 0 | 1 | 2;
  /** Comes back with each message; 5.0 only. */
  readonly subscriptionIdentifier?: number;
  readonly userProperties?: [name: string, value: string][];
  readonly signal?: AbortSignal;
}

/** What `unsubscribe` may be told. */
export interface UnsubscribeOptions {
  readonly userProperties?: [name: string, value: string][];
  readonly signal?: AbortSignal;
}

/** What `request` may be told. */
export interface RequestOptions extends PublishOptions {
  /** 30,000 unless given. */
  readonly timeoutMs?: number;
}

/** What `messages` may be told. */
export interface MessagesOptions {
  /** QoS 0 messages that wait for the loop; 1,000 unless given. */
  readonly maximumMessages?: number;
  /** Sum of the sizes of their payloads; 16 MiB unless given. */
  readonly maximumBytes?: number;
  /** Ends the loop with its reason. */
  readonly signal?: AbortSignal;
}

/** What `close` may be told; 5.0 only. */
export interface CloseOptions {
  /** 0x04 has the server publish the Will; 0x00 unless given. */
  readonly reasonCode?: number;
  /** Changes how long the server keeps the session. */
  readonly sessionExpiryIntervalSeconds?: number;
  readonly userProperties?: [name: string, value: string][];
}
