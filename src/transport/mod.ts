/**
 * Byte streams from and to clients, adapted to what the broker asks of a
 * `Transport`.
 * @module
 */
export { TcpListener, type TcpListenerOptions, TcpTransport } from "./tcp.ts";
