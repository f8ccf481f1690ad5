import type { Arrival, Step } from "../arrival.ts";
import { PeerError } from "../byte_stream.ts";
import {
  acceptWebSocket,
  type WebSocketOptions,
} from "../websocket/handshake.ts";
import {
  type BufferSource,
  WebSocketStream,
} from "../websocket/websocket_stream.ts";
import { HttpConnection, type HttpService } from "./http_connection.ts";
import { readRequest } from "./read_request.ts";
import { HttpError, type RequestHead } from "./request_head.ts";
import { writeHead, writeText } from "./response.ts";

/** Where load balancers ask whether the broker runs. */
const HEALTH_PATH = "/healthz";

/** What requests a {@linkcode HttpGate} answers. */
export interface HttpGateOptions {
  /** `null` lets nobody in. */
  readonly webSocket: WebSocketOptions | null;
  /** Whether `GET /healthz` is answered. */
  readonly servesHealth: boolean;
  /** Answers what is not for the WebSocket; `null` if nothing does. */
  readonly http: HttpService | null;
  /** Whether peers come through TLS. */
  readonly isSecure: boolean;
  readonly buffers: BufferSource;
}

/** Meets peers that speak HTTP: they become WebSockets, are served, or get an answer and go. */
export class HttpGate {
  readonly #options: HttpGateOptions;

  constructor(options: HttpGateOptions) {
    this.#options = options;
  }

  /** Reads one request and puts a WebSocket on top of the stream of the arrival. */
  readonly enter: Step = async (arrival) => {
    const { stream, window } = arrival;
    try {
      const request = await readRequest(arrival);
      const { http, isSecure, webSocket, buffers } = this.#options;
      // Clients of WebSockets begin with their handshake, so only the first
      // request can be one.
      if (http !== null && request.path !== webSocket?.path) {
        arrival.service = new HttpConnection(arrival, request, {
          ...http,
          isSecure,
        });
        return true;
      }
      if (this.#options.servesHealth && request.path === HEALTH_PATH) {
        await answerHealth(arrival, request);
        return false;
      }
      if (webSocket === null) {
        throw new HttpError(403, "TLS is required here");
      }
      const headers = await acceptWebSocket(request, webSocket);
      await writeHead(stream, 101, headers);
      const webSocketStream = new WebSocketStream(stream, buffers);
      arrival.stream = webSocketStream;
      webSocketStream.takePending(window);
      return true;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const { status, message, headers } = error;
      await writeText(stream, { status, text: message, headers });
      throw new PeerError(`HTTP ${status}: ${message}`, { cause: error });
    }
  };
}

async function answerHealth(
  { stream }: Arrival,
  { method }: RequestHead,
): Promise<void> {
  if (method !== "GET" && method !== "HEAD") {
    throw new HttpError(405, "only GET is allowed", { Allow: "GET, HEAD" });
  }
  const isHeadOnly = method === "HEAD";
  await writeText(stream, { status: 200, text: "ok", isHeadOnly });
}
