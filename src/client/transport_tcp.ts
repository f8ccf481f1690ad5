import { DenoStream } from "../transport/deno_stream.ts";
import { onAbort } from "./_abort.ts";
import type { Dial, DialOptions } from "./transport.ts";
import { StreamClientTransport } from "./transport_stream.ts";

const PORT = 1883;
const TLS_PORT = 8883;

/** Dials `mqtt:`, MQTT over TCP. */
export const dialTcp: Dial = async (url, { signal }) =>
  new StreamClientTransport(
    new DenoStream(await connectTcp(url, PORT, signal)),
  );

/** Dials `mqtts:`, MQTT over TLS. */
export const dialTls: Dial = async (url, options) =>
  new StreamClientTransport(
    new DenoStream(await connectTls(url, TLS_PORT, options)),
  );

/** Resolves when the connection is open. */
export function connectTcp(
  url: URL,
  defaultPort: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  return Deno.connect({ ...addressOf(url, defaultPort), signal });
}

/** Resolves when the handshake is over. */
export async function connectTls(
  url: URL,
  defaultPort: number,
  { signal, tls = {} }: DialOptions,
): Promise<Deno.TlsConn> {
  const { caCertificates = [], certificateChain, privateKey = "" } = tls;
  const socket = await Deno.connectTls({
    ...addressOf(url, defaultPort),
    caCerts: [...caCertificates],
    ...(certificateChain !== undefined && {
      keyFormat: "pem",
      cert: certificateChain,
      key: privateKey,
    }),
  });
  const stream = new DenoStream(socket);
  const stopListening = onAbort(signal, () => stream.close());
  try {
    signal.throwIfAborted();
    await socket.handshake();
    return socket;
  } catch (error) {
    stream.close();
    throw error;
  } finally {
    stopListening();
  }
}

function addressOf({ hostname, port }: URL, defaultPort: number) {
  return {
    // A URL puts brackets around an IPv6 address.
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || defaultPort),
  };
}
