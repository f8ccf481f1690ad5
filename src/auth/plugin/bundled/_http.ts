/** The part of `fetch` that is used; tests have one of their own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What a request may take. */
export interface HttpBounds {
  readonly timeoutMs: number;
  readonly maximumBytes: number;
}

/** An answer that was read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Sends one request and reads the answer, within time and size. A redirect is
 * not followed: only the address that the operator has named is trusted.
 * @throws {Error} Why there is no answer; never what was sent.
 */
export async function request(
  fetch: Fetch,
  url: string,
  { timeoutMs, maximumBytes, ...init }: RequestInit & HttpBounds,
): Promise<HttpAnswer> {
  const abort = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort.abort();
  }, timeoutMs);
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: abort.signal,
    });
    const { status, headers } = response;
    return { status, headers, body: await readBody(response, maximumBytes) };
  } catch (error) {
    const reason = isLate
      ? `no answer within ${timeoutMs} ms`
      : withoutUrl(error instanceof Error ? error.message : String(error));
    throw new Error(`Cannot ask ${shown(url)}: ${reason}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** How long a response says that it holds; `null` if it does not say. */
export function maximumAgeMs(headers: Headers): number | null {
  const control = headers.get("cache-control");
  if (control === null) return null;
  if (/\bno-(?:store|cache)\b/i.test(control)) return 0;
  const match = /\bmax-age\s*=\s*"?(\d{1,9})/i.exec(control);
  return match === null ? null : Number(match[1]) * 1_000;
}

/** Deno tells the URL as it stands, and there may be a secret in it. */
function withoutUrl(message: string): string {
  return message.replace(/ for url \([^)]*\)/, "");
}

/** The URL without what may be secret in it. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

async function readBody(
  { body }: Response,
  maximumBytes: number,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > maximumBytes) {
      throw new RangeError(`the answer is over ${maximumBytes} bytes long`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
