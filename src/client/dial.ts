import { MqttError, ReasonCode } from "../codec/mod.ts";
import type { Dial } from "./transport.ts";
import { dialTcp, dialTls } from "./transport_tcp.ts";
import { dialWebSocketStream } from "./websocket/dial.ts";

/** Dials by the scheme of the URL: `mqtt:`, `mqtts:`, `ws:` or `wss:`. */
export const dialByScheme: Dial = (url, options) => {
  switch (url.protocol) {
    case "mqtt:":
      return dialTcp(url, options);
    case "mqtts:":
      return dialTls(url, options);
    case "ws:":
    case "wss:":
      return dialWebSocketStream(url, options);
    default:
      throw new MqttError(
        `Cannot connect: the scheme is "${url.protocol}", must be mqtt:, ` +
          "mqtts:, ws: or wss:",
        ReasonCode.implementationSpecificError,
      );
  }
};
