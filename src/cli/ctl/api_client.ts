/** The admin API does not answer, or answers that something is wrong; `message` is one line. */
export class ApiError extends Error {
  override readonly name = "ApiError";
}

/** Where the admin API is, and what opens it. */
export interface ApiOptions {
  readonly url: string;
  readonly token: string;
  /** PEM of authorities to trust beside those of the system. */
  readonly caCertificate?: string;
}

/** A request; what is undefined in the query is left out. */
export interface ApiRequest {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/** Speaks to the admin API of one broker. */
export class ApiClient implements Disposable {
  readonly #url: URL;
  readonly #token: string;
  readonly #http: Deno.HttpClient | undefined;

  /** @throws {ApiError} If the address is none. */
  constructor({ url, token, caCertificate }: ApiOptions) {
    const parsed = URL.parse(url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new ApiError(
        `Cannot use the address "${url}": expected one such as ` +
          "http://127.0.0.1:9883",
      );
    }
    this.#url = parsed;
    this.#token = token;
    this.#http = caCertificate === undefined
      ? undefined
      : Deno.createHttpClient({ caCerts: [caCertificate] });
  }

  [Symbol.dispose](): void {
    this.#http?.close();
  }

  /**
   * The JSON that is answered, or `null` if there is none.
   * @throws {ApiError} If it is no success.
   */
  async send(path: string, request: ApiRequest = {}): Promise<unknown> {
    const response = await this.#fetch(path, request);
    const text = await response.text();
    if (!response.ok) throw toError(response.status, text);
    if (text === "") return null;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ApiError(
        `Cannot understand the answer of ${this.#url.origin}: is it the ` +
          "admin HTTP of the broker?",
        { cause },
      );
    }
  }

  /**
   * The events of a stream as they come, until it ends.
   * @throws {ApiError} If it is no success, or breaks off.
   */
  async *follow(
    path: string,
    request: ApiRequest = {},
  ): AsyncGenerator<{ readonly name: string; readonly data: unknown }> {
    const response = await this.#fetch(path, request);
    if (!response.ok) throw toError(response.status, await response.text());
    let text = "";
    try {
      for await (
        const part of response.body!.pipeThrough(new TextDecoderStream())
      ) {
        const events = (text + part).split("\n\n");
        text = events.pop()!;
        for (const event of events) {
          const [, name] = /^event: (.*)$/m.exec(event) ?? [];
          const [, data] = /^data: (.*)$/m.exec(event) ?? [];
          if (data !== undefined) yield { name, data: JSON.parse(data) };
        }
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ApiError(`Cannot read on from ${this.#url.origin}: ${reason}`, {
        cause,
      });
    }
  }

  async #fetch(
    path: string,
    { method = "GET", query = {}, body }: ApiRequest,
  ): Promise<Response> {
    const url = new URL(`/api/v1/${path}`, this.#url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    try {
      return await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...body !== undefined && { "content-type": "application/json" },
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        client: this.#http,
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ApiError(
        `Cannot reach ${this.#url.origin}: ${reason}; the broker serves it ` +
          "if admin.address is set, see --url",
        { cause },
      );
    }
  }
}

function toError(status: number, text: string): ApiError {
  try {
    const { detail, remedy } = JSON.parse(text);
    if (typeof detail === "string") {
      return new ApiError(`${detail}; ${remedy}`);
    }
  } catch {
    // Not from the broker, or not from this one.
  }
  return new ApiError(`the answer has status ${status}: ${text.slice(0, 200)}`);
}

/**
 * The token in `text`: a file of one token, or one of tokens as the broker has
 * it, of which the first that may change something is taken.
 */
export function pickToken(text: string): string | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== "" && !first.startsWith("#"));
  const [token] = lines.find((words) => words.length === 1) ?? [];
  if (token !== undefined) return token;
  const line = lines.find(([role]) => role === "write") ?? lines[0];
  return line?.[2];
}
