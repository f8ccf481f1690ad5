import type { ByteStream } from "./byte_stream.ts";
import { formatHostAndPort } from "./deno_stream.ts";

/**
 * Connections that the system may hold until they are accepted, if it allows
 * so many: a client beyond them tries again after a second.
 */
export const BACKLOG = 4_096;

/** Where a listener can be reached. */
export interface ListeningAddress {
  /** An IP address or a host name; empty for a Unix socket. */
  readonly hostname: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** Of a Unix socket; nothing else has one. */
  readonly path?: string;
}

/** As logs name the address: `127.0.0.1:1883`, `unix:/run/rqtt.sock`. */
export function formatListeningAddress(
  { hostname, port, path }: ListeningAddress,
): string {
  return path === undefined
    ? formatHostAndPort(hostname, port)
    : `unix:${path}`;
}

/** A listening socket of one of the platform's kinds. */
export interface Acceptor {
  readonly address: ListeningAddress;
  /**
   * Waits for the next connection. Nothing but the byte stream is ready then:
   * no handshake of one peer keeps another waiting.
   */
  accept(): Promise<ByteStream>;
  /** Stops listening; a call of `accept` that waits rejects. */
  close(): void;
}
