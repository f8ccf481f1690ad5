import type { ByteStream } from "../byte_stream.ts";

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  505: "HTTP Version Not Supported",
};

/** Writes a response without a body, as a change of protocol has none. */
export async function writeHead(
  stream: ByteStream,
  status: number,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  await stream.write(new TextEncoder().encode(formatHead(status, headers)));
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
  const head = formatHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(body.length),
    "Cache-Control": "no-store",
    "Connection": "close",
    ...headers,
  });
  const response = isHeadOnly ? head : head + body;
  await stream.write(new TextEncoder().encode(response));
}

function formatHead(
  status: number,
  headers: Readonly<Record<string, string>>,
): string {
  let text = `HTTP/1.1 ${status} ${REASONS[status]}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}
