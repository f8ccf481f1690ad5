import type { WillMessage } from "../codec/mod.ts";
import { toBytes } from "./_to_bytes.ts";
import type { Authentication } from "./authentication.ts";
import { type ClientClock, systemClock } from "./clock.ts";
import type { ReconnectOptions } from "./back_off.ts";
import type { ConnectOptions, Will } from "./options.ts";
import type { Dial, TlsOptions } from "./transport.ts";

const MEBIBYTE = 1_048_576;

/** {@linkcode ConnectOptions} with every default filled in. */
export interface Settings {
  readonly url: URL;
  readonly protocolVersion: 3 | 4 | 5;
  readonly clientIdentifier: string;
  readonly cleanStart: boolean;
  readonly sessionExpiryIntervalSeconds: number;
  readonly keepAliveSeconds: number;
  readonly userName: string | null;
  readonly password: Uint8Array | null;
  readonly willMessage: WillMessage | null;
  readonly receiveMaximum: number;
  readonly maximumPacketSizeBytes: number;
  readonly topicAliasMaximum: number;
  readonly outboundTopicAliasMaximum: number;
  readonly requestResponseInformation: boolean;
  readonly userProperties: [string, string][] | undefined;
  readonly authentication: Authentication | null;
  readonly connectTimeoutMs: number;
  readonly reconnect: ReconnectOptions | false;
  readonly queueMaximumMessages: number;
  readonly queueMaximumBytes: number;
  readonly tls: TlsOptions | undefined;
  readonly dial: Dial;
  readonly clock: ClientClock;
  readonly random: () => number;
}

/**
 * @throws {TypeError} If `url` is not a URL.
 * @throws {RangeError} If options do not fit together; those that stand in
 * CONNECT are held against their ranges when it is encoded.
 */
export function resolveSettings(
  url: string | URL,
  options: ConnectOptions,
  dial: Dial,
): Settings {
  const server = new URL(url);
  const { protocolVersion = 5, password } = options;
  const settings: Settings = {
    url: server,
    protocolVersion,
    clientIdentifier: options.clientIdentifier ?? "",
    cleanStart: options.cleanStart ?? true,
    sessionExpiryIntervalSeconds: options.sessionExpiryIntervalSeconds ?? 0,
    keepAliveSeconds: options.keepAliveSeconds ?? 60,
    userName: options.userName ?? decoded(server.username),
    password: password === undefined
      ? nullable(decoded(server.password))
      : toBytes(password),
    willMessage: toWillMessage(options.will),
    receiveMaximum: options.receiveMaximum ?? 100,
    maximumPacketSizeBytes: options.maximumPacketSizeBytes ?? MEBIBYTE,
    topicAliasMaximum: protocolVersion === 5
      ? options.topicAliasMaximum ?? 0
      : 0,
    outboundTopicAliasMaximum: options.outboundTopicAliasMaximum ?? 0,
    requestResponseInformation: options.requestResponseInformation ?? false,
    userProperties: options.userProperties,
    authentication: options.authentication ?? null,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    reconnect: options.reconnect ?? {},
    queueMaximumMessages: options.queueMaximumMessages ?? 10_000,
    queueMaximumBytes: options.queueMaximumBytes ?? 16 * MEBIBYTE,
    tls: options.tls,
    dial: options.dial ?? dial,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  check(settings);
  return settings;
}

function check(settings: Settings): void {
  if (settings.protocolVersion === 5) return;
  if (settings.authentication !== null) {
    throw new RangeError(
      "Cannot connect: MQTT 3.1.1 has no enhanced authentication",
    );
  }
  if (settings.clientIdentifier === "" && !settings.cleanStart) {
    throw new RangeError(
      "Cannot connect: to resume a session MQTT 3.1.1 needs a Client Identifier",
    );
  }
}

/** A part of the URL, which percent-encodes it; `null` if it is empty. */
function decoded(part: string): string | null {
  return part === "" ? null : decodeURIComponent(part);
}

function nullable(text: string | null): Uint8Array | null {
  return text === null ? null : toBytes(text);
}

function toWillMessage(will: Will | undefined): WillMessage | null {
  if (will === undefined) return null;
  const { topicName, payload, qos = 0, isRetained = false } = will;
  return {
    topicName,
    payload: toBytes(payload),
    qos,
    isRetained,
    properties: { ...will.properties },
  };
}
