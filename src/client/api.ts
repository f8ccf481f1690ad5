/** What the client offers on every platform beside `connect`. */
export { MqttError, ReasonCode } from "../codec/mod.ts";
export type { Authentication, AuthenticationData } from "./authentication.ts";
export type { ReconnectOptions } from "./back_off.ts";
export type { Client } from "./client.ts";
export type { CancelTimer, ClientClock } from "./clock.ts";
export type { ClientState } from "./connector.ts";
export type { ClientEvent, ClientEventMap } from "./events.ts";
export type { SubscribeResult } from "./exchanges.ts";
export type { ReceivedMessage } from "./message.ts";
export type { MessageStream } from "./message_stream.ts";
export type {
  CloseOptions,
  ConnectOptions,
  MessagesOptions,
  Payload,
  PublishOptions,
  PublishProperties,
  RequestOptions,
  SubscribeOptions,
  UnsubscribeOptions,
  Will as ClientWill,
} from "./options.ts";
export type { PublishResult as ClientPublishResult } from "./publication.ts";
export type {
  ClientTransport,
  Dial,
  DialOptions,
  TlsOptions,
  TransportReceiver,
} from "./transport.ts";
