import { openWebSocket } from "./websocket_link.ts";

/** What a connection runs over. */
export type LinkType = "tcp" | "tls" | "ws" | "wss";

/** A connection of any type, as the generator uses it: the part of `Deno.Conn` that it needs. */
export interface Link {
  /** Bytes of MQTT into `into`; `null` at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Returns how many of `bytes` were taken. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Where to, over what. */
export interface LinkTarget {
  hostname: string;
  port: number;
  link: LinkType;
  /** Certificates that TLS trusts, in PEM. */
  caCertificates: string[];
}

/**
 * Opens a connection with TCP_NODELAY, handshakes included.
 * @throws {Error} If there is nobody, or a handshake fails.
 */
export async function openLink(target: LinkTarget): Promise<Link> {
  const { hostname, port, link, caCertificates } = target;
  const socket = await connect(hostname, port);
  try {
    socket.setNoDelay(true);
    const stream = link === "tls" || link === "wss"
      ? await Deno.startTls(socket, {
        // Certificates of a broker on this machine name it so.
        hostname: hostname === "127.0.0.1" ? "localhost" : hostname,
        caCerts: caCertificates,
      })
      : socket;
    return link === "ws" || link === "wss"
      ? await openWebSocket(stream, `${hostname}:${port}`)
      : stream;
  } catch (error) {
    closeQuietly(socket);
    throw error;
  }
}

async function connect(
  hostname: string,
  port: number,
): Promise<Deno.TcpConn> {
  try {
    return await Deno.connect({ hostname, port });
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`Cannot reach ${hostname}:${port}: ${message}`, {
      cause: error,
    });
  }
}

function closeQuietly(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // TLS has taken it over, and has closed it.
  }
}

/** Writes all of `bytes`, in as many writes as the link takes. */
export async function writeAll(link: Link, bytes: Uint8Array): Promise<void> {
  let written = await link.write(bytes);
  while (written < bytes.length) {
    written += await link.write(bytes.subarray(written));
  }
}
