import type { ByteStream } from "../byte_stream.ts";

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  303: "See Other",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  411: "Length Required",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
};

/** Writes a response without a body, as a change of protocol has none. */
export async function writeHead(
  stream: ByteStream,
  status: number,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  await stream.write(
    new TextEncoder().encode(formatHead(status, Object.entries(headers))),
  );
}

/** An answer of plain text. */
export interface TextResponse {
  readonly status: number;
  /** One line, without its end. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the request was a HEAD. */
  readonly isHeadOnly?: boolean;
}

/** Writes an answer, after which the connection ends. */
export async function writeText(
  stream: ByteStream,
  { status, text, headers, isHeadOnly = false }: TextResponse,
): Promise<void> {
  const body = `${text}\n`;
  const head = formatHead(
    status,
    Object.entries({
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": String(body.length),
      "Cache-Control": "no-store",
      "Connection": "close",
      ...headers,
    }),
  );
  const response = isHeadOnly ? head : head + body;
  await stream.write(new TextEncoder().encode(response));
}

/** How a {@linkcode Response} is written. */
export interface ResponseOptions {
  /** Whether the request was a HEAD. */
  readonly isHeadOnly: boolean;
  /** Whether the connection takes another request afterwards. */
  readonly isKept: boolean;
  /** Ends a body that is sent as it comes. */
  readonly signal: AbortSignal;
  /** Awaits each write, within its bound of time. */
  readonly guard: (writing: Promise<void>) => Promise<void>;
}

/** Writes `response`: a stream of events as it comes, any other body as a whole. */
export async function writeResponse(
  stream: ByteStream,
  response: Response,
  { isHeadOnly, isKept, signal, guard }: ResponseOptions,
): Promise<void> {
  const { status, headers, body } = response;
  const fields = new Headers(headers);
  fields.set("connection", isKept ? "keep-alive" : "close");
  if (headers.get("content-type")?.startsWith(EVENT_STREAM) && body !== null) {
    fields.set("transfer-encoding", "chunked");
    const reader = body.getReader();
    try {
      await guard(stream.write(encode(formatHead(status, fields))));
      if (!isHeadOnly) await writeChunks(stream, reader, { signal, guard });
    } finally {
      // A body that has failed cannot be cancelled, and need not be.
      await reader.cancel().catch(() => {});
    }
    return;
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (status !== 204 && status !== 304) {
    fields.set("content-length", String(bytes.length));
  }
  const head = encode(formatHead(status, fields));
  // One write, so that the peer needs one read.
  await guard(stream.write(isHeadOnly ? head : join(head, bytes)));
}

const EVENT_STREAM = "text/event-stream";

async function writeChunks(
  stream: ByteStream,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { signal, guard }: Pick<ResponseOptions, "signal" | "guard">,
): Promise<void> {
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) stop();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const size = encode(`${value.length.toString(16)}\r\n`);
      await guard(stream.write(join(join(size, value), END_OF_CHUNK)));
    }
    await guard(stream.write(LAST_CHUNK));
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const END_OF_CHUNK = encode("\r\n");
const LAST_CHUNK = encode("0\r\n\r\n");

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function formatHead(
  status: number,
  headers: Iterable<readonly [name: string, value: string]>,
): string {
  let text = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}
