/**
 * Byte streams from and to clients, adapted to what the broker asks of a
 * `Transport`.
 * @module
 */
export { formatListeningAddress, type ListeningAddress } from "./acceptor.ts";
export type {
  HttpHandler,
  HttpPeer,
  HttpService,
  WebSocketService,
} from "./http/http_connection.ts";
export type { Listener } from "./listener.ts";
export {
  type ListenerObserver,
  SILENT_LISTENER_OBSERVER,
} from "./listener_observer.ts";
export {
  type HttpListenerOptions,
  type ListenerOptions,
  type ListenerSurroundings,
  type NetworkListenerOptions,
  openHttpListener,
  openListener,
  type TlsEngine,
  type TlsOptions,
  type UnixListenerOptions,
} from "./open_listener.ts";
export {
  CredentialError,
  type CredentialFiles,
  readCredentials,
} from "./tls/credentials.ts";
export { checkWithEngine } from "./tls/engine_check.ts";
export type { ClientAuthentication } from "./tls/tls_gate.ts";
export type { WebSocketOptions } from "./websocket/handshake.ts";
