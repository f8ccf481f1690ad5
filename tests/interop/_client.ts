import type { KeyPair } from "../_certificates.ts";
import type { Requirement } from "./_harness.ts";

/** The byte in CONNECT: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type Version = 3 | 4 | 5;
export type Qos = 0 | 1 | 2;

export const ALL_VERSIONS: readonly Version[] = [3, 4, 5];
export const ALL_QOS: readonly Qos[] = [0, 1, 2];

const VERSION_NAMES: Readonly<Record<Version, string>> = {
  3: "3.1",
  4: "3.1.1",
  5: "5.0",
};

/** What a 5.0 publisher may say about a message; text where bytes are allowed. */
export interface MessageProperties {
  readonly payloadFormatIndicator?: number;
  readonly messageExpiryIntervalSeconds?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: string;
  readonly userProperties?: readonly (readonly [string, string])[];
}

/** Without the keys that have no value, so that two can be compared. */
export function withoutAbsent<Properties extends object>(
  properties: Properties,
): Partial<Properties> {
  const present = Object.entries(properties).filter(([, value]) =>
    value !== undefined
  );
  return Object.fromEntries(present) as Partial<Properties>;
}

/** A message to publish; QoS 0, not retained, unless it says so. */
export interface Publication {
  readonly topicName: string;
  readonly payload: string;
  readonly qos?: Qos;
  readonly isRetained?: boolean;
  readonly properties?: MessageProperties;
}

/** A message as a subscriber saw it. */
export interface Received {
  readonly topicName: string;
  readonly payload: string;
  readonly qos: number;
  readonly isRetained: boolean;
  /** Only what it has. */
  readonly properties: MessageProperties;
  readonly subscriptionIdentifiers: readonly number[];
}

/** What a client connects over. */
export interface Link {
  readonly type: "tcp" | "tls" | "ws" | "wss" | "unix";
  /** Certificates that it trusts, for TLS. */
  readonly authorityPath?: string;
  /** What it shows of itself, for TLS. */
  readonly identity?: KeyPair;
  /** Of the Unix socket, in place of a port. */
  readonly path?: string;
}

export interface SubscribeOptions {
  readonly port: number;
  /** TCP if it is left out. */
  readonly link?: Link;
  readonly version: Version;
  readonly topicFilters: readonly string[];
  /** The QoS asked for, 2 if it is left out. */
  readonly qos?: Qos;
  /** The client sends an empty one, or makes one up, if it is left out. */
  readonly clientIdentifier?: string;
  /** Whether the session outlives the connection; not if it is left out. */
  readonly isPersistent?: boolean;
  readonly subscriptionIdentifier?: number;
  readonly will?: Publication;
}

export interface PublishOptions {
  readonly port: number;
  /** TCP if it is left out. */
  readonly link?: Link;
  readonly version: Version;
  readonly publications: readonly Publication[];
}

export interface ConnectOptions {
  readonly port: number;
  readonly version: Version;
  readonly clientIdentifier: string;
}

/** A client that has subscribed; disposing of it kills it. */
export interface Subscriber extends AsyncDisposable {
  /** The next message. */
  next(): Promise<Received>;
  /** Ends the connection with DISCONNECT. */
  disconnect(): Promise<void>;
  /** Ends the connection without DISCONNECT. */
  kill(): Promise<void>;
  /** The Reason Code of the broker's DISCONNECT (5.0). */
  disconnectedWith(): Promise<number>;
}

/** A client program or library that somebody else wrote. */
export interface Client extends Requirement {
  readonly name: string;
  /** What it can connect over. */
  readonly links: readonly Link["type"][];
  /** Connects and subscribes; resolves after SUBACK. */
  subscribe(options: SubscribeOptions): Promise<Subscriber>;
  /**
   * Publishes one message after the other; resolves with the Reason Codes of
   * their acknowledgements, where the client shows them, when the last message
   * is acknowledged.
   */
  publish(options: PublishOptions): Promise<(number | undefined)[]>;
  /** Connects in vain; returns the code in CONNACK. */
  connectInVain(options: ConnectOptions): Promise<number>;
}

/** For names of tests: `MQTT.js 5.0`. */
export function describeClient(client: Client, version: Version): string {
  return `${client.name} ${VERSION_NAMES[version]}`;
}

/**
 * Waits for all that is being opened and has `stack` dispose of it, also when
 * something does not open.
 */
export async function openAll<Opened extends AsyncDisposable>(
  stack: AsyncDisposableStack,
  opening: readonly Promise<Opened>[],
): Promise<Opened[]> {
  const results = await Promise.allSettled(opening);
  for (const result of results) {
    if (result.status === "fulfilled") stack.use(result.value);
  }
  return await Promise.all(opening);
}
