import { MqttError, ReasonCode } from "../codec/mod.ts";
import type { Dial, TlsOptions } from "./transport.ts";
import { dialTcp, dialTls } from "./transport_tcp.ts";
import { dialWebSocket, dialWith } from "./transport_websocket.ts";

/** Dials by the scheme of the URL: `mqtt:`, `mqtts:`, `ws:` or `wss:`. */
export const dialByScheme: Dial = (url, options) => {
  switch (url.protocol) {
    case "mqtt:":
      return dialTcp(url, options);
    case "mqtts:":
      return dialTls(url, options);
    case "ws:":
      return dialWebSocket(url, options);
    case "wss:":
      return options.tls === undefined
        ? dialWebSocket(url, options)
        : dialSecureWebSocket(url, options.tls, options.signal);
    default:
      throw new MqttError(
        `Cannot connect: the scheme is "${url.protocol}", must be mqtt:, ` +
          "mqtts:, ws: or wss:",
        ReasonCode.implementationSpecificError,
      );
  }
};

/** Certificates come in through the HTTP client of the handshake. */
async function dialSecureWebSocket(
  url: URL,
  { caCertificates, certificateChain, privateKey }: TlsOptions,
  signal: AbortSignal,
) {
  using client = Deno.createHttpClient({
    caCerts: [...caCertificates ?? []],
    ...(certificateChain !== undefined && {
      cert: certificateChain,
      key: privateKey,
    }),
  });
  return await dialWith(
    (address, protocols) => new WebSocket(address, { protocols, client }),
    { url, signal },
  );
}
