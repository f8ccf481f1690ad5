import type { Arrival } from "../arrival.ts";
import { PeerError } from "../byte_stream.ts";
import { HttpError, type RequestHead } from "./request_head.ts";

/**
 * Reads the body that belongs to `head`; empty if it has none. Memory is taken
 * as bytes come, not as the client announces them.
 * @throws {HttpError} If it is longer than `maximumBytes` or has no length.
 * @throws {PeerError} If the input ends before it does.
 */
export async function readBody(
  { stream, window }: Pick<Arrival, "stream" | "window">,
  { headers }: RequestHead,
  maximumBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (headers.has("transfer-encoding")) {
    throw new HttpError(411, "expected a body with Content-Length");
  }
  const text = headers.get("content-length") ?? "0";
  if (!/^\d{1,15}$/.test(text)) {
    throw new HttpError(400, "Content-Length is malformed");
  }
  const lengthBytes = Number(text);
  if (lengthBytes > maximumBytes) {
    throw new HttpError(413, `expected at most ${maximumBytes} bytes of body`);
  }
  if (lengthBytes > 0 && headers.get("expect") === "100-continue") {
    await stream.write(new TextEncoder().encode(CONTINUE));
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let missing = lengthBytes; missing > 0;) {
    const { bytes, start, end } = window;
    const taken = Math.min(end - start, missing);
    if (taken > 0) {
      parts.push(bytes.slice(start, start + taken) as Uint8Array<ArrayBuffer>);
      window.consumed(start + taken);
      missing -= taken;
    } else if (!await stream.read(window)) {
      throw new PeerError("closed by the client during its HTTP request");
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
