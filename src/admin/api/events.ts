/** The type of a stream of server-sent events. */
export const EVENT_STREAM = "text/event-stream";

/** Proxies give up connections on which nothing comes for a minute. */
const HEARTBEAT_MS = 15_000;

/** Shows that the other side is there; no event. */
export const HEARTBEAT = ":\n\n";

/** Undefined when nothing has come for a while. */
export async function withHeartbeat<Result>(
  next: Promise<Result>,
): Promise<Result | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heartbeat = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), HEARTBEAT_MS);
  });
  try {
    return await Promise.race([next, heartbeat]);
  } finally {
    clearTimeout(timer);
  }
}

/** JSON has no line ends, so that the data are one line. */
export function writeEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
