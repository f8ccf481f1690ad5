import type { ClientTransport, Dial, TlsOptions } from "../../client/mod.ts";
import { untilAborted } from "../../client/_abort.ts";
import { dialByScheme } from "../../client/dial.ts";
import { StreamClientTransport } from "../../client/transport_stream.ts";
import { DenoStream } from "../../transport/deno_stream.ts";
import type { Target } from "./target.ts";

/** What a connection to the broker is opened with. */
export interface DialSettings {
  readonly target: Target;
  readonly trust: TlsOptions;
  /** Accepts a certificate that names another host. */
  readonly isInsecure: boolean;
  /** TLS asks for this protocol. */
  readonly alpn: string | undefined;
}

/** The URL of the broker; of a Unix socket it is one that nobody dials. */
export function urlOf({ host, port, isTls, isWebSocket }: Target): URL {
  const name = host.includes(":") ? `[${host}]` : host;
  const scheme = isWebSocket ? "ws" : "mqtt";
  const path = isWebSocket ? "/mqtt" : "";
  return new URL(`${scheme}${isTls ? "s" : ""}://${name}:${port}${path}`);
}

/** How to reach the broker; what the library's client cannot is added here. */
export function createDial(settings: DialSettings): Dial {
  const { target, trust } = settings;
  return (url, { signal }) => {
    if (target.isWebSocket) {
      return dialByScheme(url, {
        signal,
        ...target.isTls && { tls: trust },
      });
    }
    return dialStream(settings, signal);
  };
}

async function dialStream(
  settings: DialSettings,
  signal: AbortSignal,
): Promise<ClientTransport> {
  // The signal of `Deno.connect` leaves a resource behind if there is no host.
  const socket = await untilAborted(
    openSocket(settings),
    signal,
    (late) => late.close(),
  );
  return new StreamClientTransport(new DenoStream(socket));
}

function openSocket(settings: DialSettings): Promise<Deno.Conn> {
  const { host, port, isTls, unixPath } = settings.target;
  if (unixPath !== undefined) {
    return Deno.connect({ transport: "unix", path: unixPath });
  }
  if (isTls) return connectTls(settings);
  return Deno.connect({ hostname: host, port });
}

async function connectTls(
  { target, trust, isInsecure, alpn }: DialSettings,
): Promise<Deno.TlsConn> {
  const { certificateChain, privateKey = "", caCertificates = [] } = trust;
  const socket = await Deno.connectTls({
    hostname: target.host,
    port: target.port,
    caCerts: [...caCertificates],
    ...certificateChain !== undefined && {
      keyFormat: "pem",
      cert: certificateChain,
      key: privateKey,
    },
    ...alpn !== undefined && { alpnProtocols: [alpn] },
    unsafelyDisableHostnameVerification: isInsecure,
  });
  try {
    await socket.handshake();
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
