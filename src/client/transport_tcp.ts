import { DenoStream } from "../transport/deno_stream.ts";
import type { Dial, TlsOptions } from "./transport.ts";
import { StreamClientTransport } from "./transport_stream.ts";

const PORT = 1883;
const TLS_PORT = 8883;

/** Dials `mqtt:`, MQTT over TCP. */
export const dialTcp: Dial = async (url, { signal }) =>
  new StreamClientTransport(
    new DenoStream(await connectTcp(url, PORT, signal)),
  );

/** Dials `mqtts:`, MQTT over TLS. */
export const dialTls: Dial = async (url, { tls }) =>
  new StreamClientTransport(
    new DenoStream(await connectTls(url, TLS_PORT, tls)),
  );

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
  { caCertificates = [], certificateChain, privateKey = "" }: TlsOptions = {},
): Promise<Deno.TlsConn> {
  const socket = await Deno.connectTls({
    ...addressOf(url, defaultPort),
    caCerts: [...caCertificates],
    ...(certificateChain !== undefined && {
      keyFormat: "pem",
      cert: certificateChain,
      key: privateKey,
    }),
  });
  try {
    await socket.handshake();
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

function addressOf({ hostname, port }: URL, defaultPort: number) {
  return {
    // A URL puts brackets around an IPv6 address.
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || defaultPort),
  };
}
