import type { Arrival, Service } from "../arrival.ts";
import { closeGently } from "../close_gently.ts";
import { readBody } from "./read_body.ts";
import { readRequest } from "./read_request.ts";
import { HttpError, type RequestHead } from "./request_head.ts";
import { writeResponse, writeText } from "./response.ts";

/** How long a client may take for a request, once it has begun. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a connection may rest between two requests. */
const IDLE_TIMEOUT_MS = 60_000;
/** How long a client may take to accept what is written to it. */
const WRITE_TIMEOUT_MS = 30_000;

/** `Request` cannot be one of these, and nobody needs them here. */
const UNSUPPORTED_METHODS = ["CONNECT", "TRACE", "TRACK"];

/** Who has sent a request. */
export interface HttpPeer {
  /** `address:port` of the peer, or what stands for it. */
  readonly remoteAddress: string;
  /** Whether the request came through TLS. */
  readonly isSecure: boolean;
}

/**
 * Answers a request; does not reject. A body of type `text/event-stream` is
 * sent as it comes, any other as a whole. The signal of the request is aborted
 * when nobody waits for the answer any more.
 */
export type HttpHandler = (
  request: Request,
  peer: HttpPeer,
) => Response | Promise<Response>;

/** Lets WebSockets for MQTT in, beside what answers requests. */
export interface WebSocketService {
  readonly path: string;
  /** The user whose rights hold, or `null` if the peer may not come in. */
  admit(
    headers: ReadonlyMap<string, string>,
    peer: HttpPeer,
  ): Promise<string | null>;
}

/** What answers requests, and how much it takes. */
export interface HttpService {
  readonly webSocket?: WebSocketService;
  readonly handler: HttpHandler;
  readonly maximumBodyBytes: number;
}

/**
 * HTTP/1.1 with one peer, on any byte stream: what `Deno.serve` has no place
 * for. So it comes through every kind of listener, and clients that are slow
 * or that stall lose their connection.
 */
export class HttpConnection implements Service {
  readonly #arrival: Arrival;
  readonly #first: RequestHead;
  readonly #service: HttpService;
  readonly #peer: HttpPeer;
  /** Aborted when the answer under way is of no use any more. */
  #abort: AbortController | null = null;
  /** Tells during an answer whether the peer is still there. */
  #reading: Promise<boolean> | null = null;
  #isClosing = false;

  /** `first` has been read from `arrival` already. */
  constructor(
    arrival: Arrival,
    first: RequestHead,
    service: HttpService & Pick<HttpPeer, "isSecure">,
  ) {
    this.#arrival = arrival;
    this.#first = first;
    this.#service = service;
    this.#peer = {
      remoteAddress: arrival.remoteAddress,
      isSecure: service.isSecure,
    };
  }

  async serve(): Promise<void> {
    try {
      let head: RequestHead | null = this.#first;
      while (head !== null) {
        const goesOn = await this.#exchange(head);
        head = goesOn && !this.#isClosing ? await this.#nextHead() : null;
      }
      if (this.#reading === null) await closeGently(this.#arrival);
    } catch {
      // The peer is gone, or too slow: nobody is left to be told.
    } finally {
      this.#arrival.stream.close();
    }
  }

  close(): void {
    this.#isClosing = true;
    if (this.#abort === null) this.#arrival.stream.close();
    else this.#abort.abort();
  }

  /** Answers one request; whether another one may follow. */
  async #exchange(head: RequestHead): Promise<boolean> {
    const { stream } = this.#arrival;
    const abort = this.#abort = new AbortController();
    try {
      const request = await this.#within(
        REQUEST_TIMEOUT_MS,
        this.#readRequest(head, abort.signal),
      );
      this.#watch(abort);
      const response = await this.#service.handler(request, this.#peer);
      const isKept = !this.#isClosing && wantsToStay(head);
      await writeResponse(stream, response, {
        isHeadOnly: head.method === "HEAD",
        isKept,
        signal: abort.signal,
        guard: (writing) => this.#within(WRITE_TIMEOUT_MS, writing),
      });
      return isKept;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const { status, message, headers } = error;
      await this.#within(
        WRITE_TIMEOUT_MS,
        writeText(stream, { status, text: message, headers }),
      );
      return false;
    } finally {
      this.#abort = null;
    }
  }

  async #readRequest(head: RequestHead, signal: AbortSignal): Promise<Request> {
    const { method, target, headers } = head;
    if (UNSUPPORTED_METHODS.includes(method)) {
      throw new HttpError(501, `the method ${method} is not supported`);
    }
    const scheme = this.#peer.isSecure ? "https" : "http";
    const url = URL.parse(`${scheme}://${headers.get("host")}${target}`);
    if (url === null) throw new HttpError(400, "the Host header is malformed");
    const { maximumBodyBytes } = this.#service;
    const body = await readBody(this.#arrival, head, maximumBodyBytes);
    const hasBody = method !== "GET" && method !== "HEAD" && body.length > 0;
    return new Request(url, {
      method,
      headers: [...headers],
      body: hasBody ? body : null,
      signal,
    });
  }

  /** The next request, or `null` if none comes any more. */
  async #nextHead(): Promise<RequestHead | null> {
    const { window, stream } = this.#arrival;
    const reading = this.#reading ??
      (window.start < window.end ? null : stream.read(window));
    if (reading !== null && !await this.#within(IDLE_TIMEOUT_MS, reading)) {
      return null;
    }
    this.#reading = null;
    try {
      return await this.#within(
        REQUEST_TIMEOUT_MS,
        readRequest(this.#arrival),
      );
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      await writeText(stream, { status: error.status, text: error.message });
      return null;
    }
  }

  /** Notices during the answer when the peer goes. */
  #watch(abort: AbortController): void {
    const { window, stream } = this.#arrival;
    if (window.start < window.end) return;
    this.#reading = stream.read(window).catch(() => false).then((isOpen) => {
      if (!isOpen) abort.abort();
      return isOpen;
    });
  }

  /** Gives the connection up if `work` takes longer. */
  async #within<Result>(
    timeoutMs: number,
    work: Promise<Result>,
  ): Promise<Result> {
    const timer = setTimeout(() => this.#arrival.stream.close(), timeoutMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }
}

function wantsToStay({ headers }: RequestHead): boolean {
  const connection = headers.get("connection") ?? "";
  return !/(?:^|[\s,])close(?:$|[\s,])/i.test(connection);
}
