import type { Arrival } from "./arrival.ts";
import { CLOSE_TIMEOUT_MS } from "./byte_stream.ts";

/** Lets the peer read what was sent: it has a second to close its side. */
export async function closeGently(
  { stream, window }: Pick<Arrival, "stream" | "window">,
): Promise<void> {
  const timer = setTimeout(() => stream.close(), CLOSE_TIMEOUT_MS);
  try {
    await stream.closeWrite();
    do window.consumed(window.end); while (await stream.read(window));
  } catch {
    // The peer is gone: there is nobody left to be gentle to.
  } finally {
    clearTimeout(timer);
    stream.close();
  }
}
