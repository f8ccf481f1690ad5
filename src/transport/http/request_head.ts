/** The longest request head that is read. */
export const MAXIMUM_HEAD_BYTES = 8_192;
const MAXIMUM_HEADERS = 100;

/** A token of RFC 9110: method and header names are made of nothing else. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A request that is answered with an error status. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** Headers that the answer needs. */
  readonly headers: Readonly<Record<string, string>>;

  /** `message` is the answer's body, and goes to the log. */
  constructor(
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  /** The path, without a query. */
  readonly path: string;
  /** By lower-case name; several of one name are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where the bytes behind it begin. */
  readonly end: number;
}

/**
 * Reads the head of an HTTP/1.1 request from `bytes[start, end)`; `null` while
 * it is incomplete.
 * @throws {HttpError} If it is malformed or longer than 8 KiB.
 */
export function readRequestHead(
  bytes: Uint8Array,
  start: number,
  end: number,
): RequestHead | null {
  const headEnd = findHeadEnd(bytes, start, end);
  const headBytes = (headEnd < 0 ? end : headEnd) - start;
  if (headBytes > MAXIMUM_HEAD_BYTES) {
    throw new HttpError(431, "the request head is longer than 8 KiB");
  }
  if (headEnd < 0) return null;
  // Bytes above 127 may only stand in header values that nobody reads here.
  const text = new TextDecoder("latin1").decode(
    bytes.subarray(start, headEnd - 4),
  );
  const [requestLine, ...lines] = text.split("\r\n");
  const [method, target, version, ...rest] = requestLine.split(" ");
  if (
    rest.length > 0 || !TOKEN.test(method) || !target?.startsWith("/") ||
    version === undefined || !/^HTTP\/1\.\d$/.test(version)
  ) throw new HttpError(400, "the request line is malformed");
  if (version === "HTTP/1.0") {
    throw new HttpError(505, "HTTP/1.0 is not supported");
  }
  if (lines.length > MAXIMUM_HEADERS) {
    throw new HttpError(431, `there are more than ${MAXIMUM_HEADERS} headers`);
  }
  const headers = readHeaders(lines);
  if (!headers.has("host")) {
    throw new HttpError(400, "the request has no Host header");
  }
  const path = target.replace(/[?#].*$/, "");
  return { method, target, path, headers, end: headEnd };
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (colon < 1 || !TOKEN.test(name)) {
      throw new HttpError(400, "a header is malformed");
    }
    const key = name.toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** Behind the empty line; -1 while there is none. */
function findHeadEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start + 3; i < end; i++) {
    if (
      bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 &&
      bytes[i - 3] === 13
    ) return i + 1;
  }
  return -1;
}
