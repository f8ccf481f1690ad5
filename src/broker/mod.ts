/**
 * The broker: state machine of each Network Connection, routing, sessions,
 * Wills, retained messages, limits and timers. Side effects come in through
 * the interfaces.
 * @module
 */
export { Broker, type BrokerOptions, type PublishResult } from "./broker.ts";
export {
  type ClientSession,
  Connection,
  ConnectionState,
} from "./connection.ts";
export type {
  Action,
  Audience,
  AuthenticationExchange,
  AuthenticationRequest,
  AuthenticationResult,
  AuthenticationStep,
  Authorizer,
  CertificateIdentity,
  ClientIdentity,
  Clock,
  ListenerScope,
  MessageObserver,
  Observer,
  Random,
  Transport,
} from "./interfaces.ts";
export {
  CONNECTION_LIMIT_NAMES,
  ConnectionLimit,
  type OverLimit,
} from "./connection_limit.ts";
export { DropLedger, type DropRecord } from "./drop_ledger.ts";
export { type HeavyHitter, HeavyHitters } from "./heavy_hitters.ts";
export { Histogram, LATENCY_BOUNDS_SECONDS } from "./histogram.ts";
export { Sampler } from "./sampler.ts";
export {
  deleteRetained,
  disconnectClient,
  endSession,
  whenStored,
} from "./administer.ts";
export {
  type Limits,
  type MaximumQos,
  SESSION_NEVER_EXPIRES,
} from "./limits.ts";
export { DROP_REASON_NAMES, DropReason, Statistics } from "./statistics.ts";
export type { Trace, Tracer, TraceStep } from "./tracer.ts";
export type { Store, StoreOwner } from "./store.ts";
