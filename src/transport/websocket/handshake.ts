import { HttpError, type RequestHead } from "../http/request_head.ts";

/** Subprotocols that mean MQTT, in the order of preference [MQTT-6.0.0-4]. */
const SUBPROTOCOLS = ["mqtt", "mqttv3.1"];
/** Sixteen bytes in Base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** From RFC 6455, section 1.3. */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What a WebSocket listener lets in. */
export interface WebSocketOptions {
  readonly path: string;
  /** Origins of web pages that may connect; `null` lets all of them in. */
  readonly allowedOrigins: readonly string[] | null;
}

/**
 * Checks the opening handshake of a client and returns the headers of the
 * answer, which has status 101.
 * @throws {HttpError} If the request is not one for MQTT over WebSocket here.
 */
export async function acceptWebSocket(
  request: RequestHead,
  { path, allowedOrigins }: WebSocketOptions,
): Promise<Record<string, string>> {
  const { headers } = request;
  if (request.path !== path) {
    throw new HttpError(404, "there is nothing here");
  }
  if (request.method !== "GET") {
    throw new HttpError(405, "only GET is allowed", { Allow: "GET" });
  }
  if (
    !tokensOf(headers.get("upgrade")).includes("websocket") ||
    !tokensOf(headers.get("connection")).includes("upgrade")
  ) {
    throw new HttpError(426, "expected a WebSocket handshake", {
      Upgrade: "websocket",
      Connection: "Upgrade, close",
    });
  }
  if (headers.get("sec-websocket-version") !== "13") {
    throw new HttpError(426, "expected WebSocket version 13", {
      "Sec-WebSocket-Version": "13",
    });
  }
  const key = headers.get("sec-websocket-key") ?? "";
  if (!KEY.test(key)) {
    throw new HttpError(400, "Sec-WebSocket-Key is missing or malformed");
  }
  const origin = headers.get("origin");
  if (
    allowedOrigins !== null && origin !== undefined &&
    !allowedOrigins.includes(origin.toLowerCase())
  ) throw new HttpError(403, "this origin is not allowed");
  const offered = valuesOf(headers.get("sec-websocket-protocol"));
  const subprotocol = SUBPROTOCOLS.find((name) => offered.includes(name));
  if (subprotocol === undefined) {
    throw new HttpError(
      400,
      "Sec-WebSocket-Protocol offers no mqtt [MQTT-6.0.0-3]",
    );
  }
  return {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": await answerKey(key),
    "Sec-WebSocket-Protocol": subprotocol,
  };
}

async function answerKey(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + KEY_SUFFIX);
  const digest = await crypto.subtle.digest("SHA-1", bytes);
  return new Uint8Array(digest).toBase64();
}

/** The values of a comma-separated header. */
function valuesOf(header = ""): string[] {
  return header.split(",").map((value) => value.trim());
}

function tokensOf(header?: string): string[] {
  return valuesOf(header?.toLowerCase());
}
