import type { Broker, ListenerScope } from "../broker/mod.ts";
import type { Acceptor } from "./acceptor.ts";
import type { Step } from "./arrival.ts";
import { makeAutoGate } from "./auto_gate.ts";
import { TcpAcceptor } from "./deno_acceptor.ts";
import type { HttpService } from "./http/http_connection.ts";
import { HttpGate } from "./http/http_gate.ts";
import { Listener } from "./listener.ts";
import type { ListenerObserver } from "./listener_observer.ts";
import { NodeAcceptor } from "./node_acceptor.ts";
import { takeProxyHeader } from "./proxy_protocol.ts";
import { CredentialWatch } from "./tls/credential_watch.ts";
import {
  type CredentialFiles,
  type Credentials,
  readCredentials,
} from "./tls/credentials.ts";
import { checkWithEngine } from "./tls/engine_check.ts";
import { finishTlsHandshake, TlsAcceptor } from "./tls/tls_acceptor.ts";
import { type ClientAuthentication, TlsGate } from "./tls/tls_gate.ts";
import { UnixAcceptor } from "./unix_acceptor.ts";
import type { WebSocketOptions } from "./websocket/handshake.ts";

/** TLS of one listener. */
export interface TlsOptions extends CredentialFiles {
  readonly clientAuthentication: ClientAuthentication;
  readonly usesIdentityAsUserName: boolean;
}

/**
 * What does TLS. `node:tls` does everything, but takes 8.6 ns for each byte
 * received. `Deno.listenTls` is several times as quick, and has none of these:
 * TCP_NODELAY (10,000 messages/s have a p50 of 12 ms instead of 0.4), an end
 * to handshakes that stall (closing the connection does not close its socket),
 * client certificates, a beginning behind other bytes, another certificate.
 */
export type TlsEngine = "node" | "deno";

/** What all listeners have. */
interface CommonOptions {
  readonly maximumConnections: number;
  /** Whether each connection begins with a header of the PROXY protocol. */
  readonly usesProxyProtocol?: boolean;
}

/** A listener on a host and a port. */
export interface NetworkListenerOptions extends CommonOptions {
  readonly type: "tcp" | "tls" | "ws" | "wss" | "auto";
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Has to be there for `tls` and `wss`, may be there for `auto`. */
  readonly tls?: TlsOptions;
  /** `node` if it is left out. */
  readonly tlsEngine?: TlsEngine;
  /** Has to be there for `ws`, `wss` and `auto`. */
  readonly webSocket?: WebSocketOptions;
  /** Whether `auto` also serves the admin HTTP. */
  readonly servesAdmin?: boolean;
}

/** A listener for HTTP and nothing else. */
export interface HttpListenerOptions {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsOptions;
  readonly maximumConnections: number;
}

/** A listener on a Unix socket. */
export interface UnixListenerOptions extends CommonOptions {
  readonly type: "unix";
  readonly path: string;
  readonly mode: number;
}

/** One listener of any type. */
export type ListenerOptions = NetworkListenerOptions | UnixListenerOptions;

const MQTT_PROTOCOLS = ["mqtt", "x-amzn-mqtt-ca"];
const HTTP_PROTOCOLS = ["http/1.1"];

/** What serves the connections of a listener, and who is told of them. */
export interface ListenerSurroundings {
  readonly broker: Broker;
  readonly observer: ListenerObserver;
  /** Answers HTTP where the listener has a place for it; `null` if nothing does. */
  readonly http: HttpService | null;
  /** What the broker is to know of the listener. */
  readonly scope?: ListenerScope;
}

/**
 * Opens a listener whose connections the broker serves.
 * @throws {CredentialError} If a file of TLS is of no use.
 * @throws {Deno.errors.AddrInUse} And whatever else listening throws.
 */
export async function openListener(
  options: ListenerOptions,
  surroundings: ListenerSurroundings,
): Promise<Listener> {
  const { broker, observer, scope } = surroundings;
  const { acceptor, enterTls, dispose, prepareRenewal } = await openSocket(
    options,
    surroundings,
  );
  return new Listener(broker, {
    acceptor,
    steps: stepsOf(options, enterTls, surroundings),
    maximumConnections: options.maximumConnections,
    scope,
    observer,
    dispose,
    prepareRenewal,
  });
}

/**
 * Opens a listener for HTTP only.
 * @throws {CredentialError} If a file of TLS is of no use.
 * @throws {Deno.errors.AddrInUse} And whatever else listening throws.
 */
export async function openHttpListener(
  options: HttpListenerOptions,
  { broker, observer, http }: ListenerSurroundings,
): Promise<Listener> {
  const { acceptor, enterTls, dispose } = await openSocket(
    { type: options.tls === undefined ? "ws" : "wss", ...options },
    { broker, observer },
  );
  const gate = new HttpGate({
    webSocket: null,
    servesHealth: false,
    http,
    isSecure: enterTls !== null,
    buffers: broker.buffers,
  });
  return new Listener(broker, {
    acceptor,
    steps: enterTls === null ? [gate.enter] : [enterTls, gate.enter],
    maximumConnections: options.maximumConnections,
    observer,
    dispose,
  });
}

/** What accepts, and what does TLS on it. */
interface OpenSocket {
  readonly acceptor: Acceptor;
  readonly enterTls: Step | null;
  readonly dispose?: () => void;
  readonly prepareRenewal?: () => () => void;
}

async function openSocket(
  options: ListenerOptions,
  { broker, observer }: Pick<ListenerSurroundings, "broker" | "observer">,
): Promise<OpenSocket> {
  if (options.type === "unix") {
    return { acceptor: await UnixAcceptor.open(options), enterTls: null };
  }
  if (options.tls === undefined) {
    return { acceptor: new TcpAcceptor(options), enterTls: null };
  }
  const { tlsEngine: engine = "node" } = options;
  const credentials = readCredentials(options.tls);
  checkWithEngine(credentials, engine);
  const { acceptor, enterTls, renew } = await openTls(
    options,
    options.tls,
    credentials,
  );
  const { address } = acceptor;
  const watch = new CredentialWatch({
    files: options.tls,
    engine,
    credentials,
    onRenewed(credentials) {
      renew(credentials);
      broker.reviewPeers();
      observer.certificateRenewed(address, credentials.expiresAtMs);
    },
    onRejected: (cause) => observer.certificateRejected(address, cause),
  });
  return {
    acceptor,
    enterTls,
    dispose: () => watch.close(),
    prepareRenewal: () => watch.prepare(),
  };
}

async function openTls(
  options: NetworkListenerOptions,
  tls: TlsOptions,
  credentials: Credentials,
) {
  const alpnProtocols = protocolsOf(options);
  if (options.tlsEngine === "deno") {
    const acceptor = new TlsAcceptor(options, alpnProtocols, credentials);
    return {
      acceptor,
      enterTls: finishTlsHandshake,
      renew: acceptor.renew.bind(acceptor),
    };
  }
  const gate = new TlsGate({ ...tls, alpnProtocols }, credentials);
  const acceptor = await NodeAcceptor.open(options);
  return { acceptor, enterTls: gate.enter, renew: gate.renew.bind(gate) };
}

/** Names of protocols that clients may ask for in the TLS handshake. */
function protocolsOf({ type }: NetworkListenerOptions): string[] {
  switch (type) {
    case "auto":
      return [...MQTT_PROTOCOLS, ...HTTP_PROTOCOLS];
    case "wss":
      return HTTP_PROTOCOLS;
    default:
      return MQTT_PROTOCOLS;
  }
}

/** What a connection goes through, from the wire upwards. */
function stepsOf(
  options: ListenerOptions,
  enterTls: Step | null,
  surroundings: ListenerSurroundings,
): Step[] {
  const steps: Step[] = [];
  if (options.usesProxyProtocol) steps.push(takeProxyHeader);
  if (options.type === "unix") return steps;
  const { type } = options;
  if (type === "auto") {
    const requiresTls = options.tls?.clientAuthentication === "require";
    steps.push(makeAutoGate({
      tls: enterTls,
      requiresTls,
      http: httpStep(options, surroundings, { isSecure: true }),
      plainHttp: httpStep(options, surroundings, {
        isSecure: false,
        isRefused: requiresTls,
      }),
    }));
    return steps;
  }
  if (enterTls !== null) steps.push(enterTls);
  if (options.webSocket !== undefined) {
    const isSecure = enterTls !== null;
    steps.push(httpStep(options, surroundings, { isSecure }));
  }
  return steps;
}

function httpStep(
  { type, webSocket, servesAdmin }: NetworkListenerOptions,
  { broker, http }: ListenerSurroundings,
  { isSecure, isRefused = false }: { isSecure: boolean; isRefused?: boolean },
): Step {
  return new HttpGate({
    webSocket: isRefused || webSocket === undefined ? null : webSocket,
    servesHealth: type === "auto",
    http: isRefused || !servesAdmin ? null : http,
    isSecure,
    buffers: broker.buffers,
  }).enter;
}
