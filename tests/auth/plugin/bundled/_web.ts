/** What is left of a request that was answered. */
export interface WebRequest {
  readonly url: string;
  readonly headers: Headers;
  /** The same one as before if the connection was kept. */
  readonly clientPort: number;
}

/** A web server on loopback that answers as a test wants. */
export class WebServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** What every request was, in their order. */
  readonly requests: WebRequest[] = [];
  answer: (request: Request) => Response | Promise<Response>;

  /** `port` 0 lets the system choose. */
  constructor(
    answer: (request: Request) => Response | Promise<Response>,
    port = 0,
  ) {
    this.answer = answer;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen() {} },
      async (request, { remoteAddr }) => {
        this.requests.push({
          url: request.url,
          headers: new Headers(request.headers),
          clientPort: remoteAddr.port,
        });
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
