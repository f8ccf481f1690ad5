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
  HttpError,
  readRequestHead,
  type RequestHead,
} from "./request_head.ts";
import { writeHead, writeText } from "./response.ts";

/** Where load balancers ask whether the broker runs. */
const HEALTH_PATH = "/healthz";

/** What requests a {@linkcode HttpGate} answers. */
export interface HttpGateOptions {
  /** `null` lets nobody in. */
  readonly webSocket: WebSocketOptions | null;
  /** Whether `GET /healthz` is answered. */
  readonly servesHealth: boolean;
  readonly buffers: BufferSource;
}

/** Meets peers that speak HTTP: they become WebSockets, or get an answer and go. */
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
      if (this.#options.servesHealth && request.path === HEALTH_PATH) {
        await answerHealth(arrival, request);
        return false;
      }
      const { webSocket, buffers } = this.#options;
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

/** @throws {HttpError} If it is malformed or too long. */
async function readRequest({ stream, window }: Arrival): Promise<RequestHead> {
  for (;;) {
    const { bytes, start, end } = window;
    const request = readRequestHead(bytes, start, end);
    if (request !== null) {
      window.consumed(request.end);
      return request;
    }
    if (!await stream.read(window)) {
      throw new PeerError("closed by the client during its HTTP request");
    }
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
