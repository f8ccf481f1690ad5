/** A web server on loopback that answers as a test wants. */
export class WebServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** What every request was, in their order. */
  readonly requests: { readonly url: string; readonly headers: Headers }[] = [];
  answer: (request: Request) => Response | Promise<Response>;

  /** `port` 0 lets the system choose. */
  constructor(
    answer: (request: Request) => Response | Promise<Response>,
    port = 0,
  ) {
    this.answer = answer;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen() {} },
      async (request) => {
        const { url, headers } = request;
        this.requests.push({ url, headers: new Headers(headers) });
        return await this.answer(request);
      },
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** `host:port`, as permissions have it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
