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
import {
  HttpConnection,
  type HttpService,
  type WebSocketService,
} from "./http_connection.ts";
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
    const { stream } = arrival;
    try {
      const request = await readRequest(arrival);
      const { http, isSecure, webSocket } = this.#options;
      // Clients of WebSockets begin with their handshake, so only the first
      // request can be one.
      if (http !== null && request.path === http.webSocket?.path) {
        await this.#enterAsUser(arrival, request, http.webSocket);
        return true;
      }
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
      await this.#enterWebSocket(arrival, request, webSocket);
      return true;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const { status, message, headers } = error;
      await writeText(stream, { status, text: message, headers });
      throw new PeerError(`HTTP ${status}: ${message}`, { cause: error });
    }
  };

  /** The peer is one that the service of the requests knows. */
  async #enterAsUser(
    arrival: Arrival,
    request: RequestHead,
    service: WebSocketService,
  ): Promise<void> {
    const { remoteAddress } = arrival;
    const { isSecure } = this.#options;
    const peer = { remoteAddress, isSecure };
    const userName = await service.admit(request.headers, peer);
    if (userName === null) {
      throw new HttpError(403, "expected a login with the role write");
    }
    const { path } = service;
    // Whoever admits it has looked at the origin.
    const options = { path, allowedOrigins: null };
    await this.#enterWebSocket(arrival, request, options);
    arrival.userName = userName;
  }

  async #enterWebSocket(
    arrival: Arrival,
    request: RequestHead,
    options: WebSocketOptions,
  ): Promise<void> {
    const { stream, window } = arrival;
    const headers = await acceptWebSocket(request, options);
    await writeHead(stream, 101, headers);
    const webSocketStream = new WebSocketStream(stream, this.#options.buffers);
    arrival.stream = webSocketStream;
    webSocketStream.takePending(window);
  }
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
