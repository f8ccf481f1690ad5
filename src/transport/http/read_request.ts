import type { Arrival } from "../arrival.ts";
import { PeerError } from "../byte_stream.ts";
import { readRequestHead, type RequestHead } from "./request_head.ts";

/**
 * Reads one request head; what follows it stays in the window.
 * @throws {HttpError} If it is malformed or too long.
 * @throws {PeerError} If the input ends before it does.
 */
export async function readRequest(
  { stream, window }: Pick<Arrival, "stream" | "window">,
): Promise<RequestHead> {
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
