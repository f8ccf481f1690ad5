import {
  bundleForBrowsers,
  clientEntryPoint,
} from "../../../src/client/bundle.ts";
import { Cable } from "../interop/_cable.ts";
import { TargetProcess } from "../interop/_target.ts";
import { RQTT } from "../interop/_targets.ts";
import type { CheckReport } from "./_report.ts";

const HTML = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>RQTT client</title>
<script type="module">
import { connect } from "/rqtt-client.js";
import { runChecks } from "/page.js";
await runChecks(connect);
</script>
`;

/**
 * What a browser needs to run the checks: a broker in a process of its own,
 * cables to it that can be cut, and a server for the page.
 */
export class Stage implements AsyncDisposable {
  readonly #broker: TargetProcess;
  readonly #cables: Readonly<Record<"ws" | "wss", Cable>>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #files: ReadonlyMap<string, string>;
  #reports: CheckReport[] = [];
  #finished = Promise.withResolvers<void>();
  /** Another one for each browser, so that no session is found again. */
  #visitCount = 0;

  private constructor(
    broker: TargetProcess,
    files: ReadonlyMap<string, string>,
  ) {
    this.#broker = broker;
    this.#files = files;
    this.#cables = {
      ws: new Cable(broker.ports.ws),
      wss: new Cable(broker.ports.wss),
    };
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, (request) => this.#handle(request));
  }

  static async open(): Promise<Stage> {
    const [client, page] = await Promise.all([
      bundleForBrowsers(clientEntryPoint),
      bundleForBrowsers(new URL("_page.ts", import.meta.url)),
    ]);
    const files = new Map([["/rqtt-client.js", client], ["/page.js", page]]);
    return new Stage(await TargetProcess.start(RQTT), files);
  }

  /** Where the page is that runs all checks once. */
  nextUrl(): string {
    this.#reports = [];
    this.#finished = Promise.withResolvers();
    const { ws, wss } = this.#cables;
    const parameters = new URLSearchParams({
      ws: `ws://127.0.0.1:${ws.port}/`,
      wss: `wss://127.0.0.1:${wss.port}/`,
      unique: `visit${++this.#visitCount}`,
    });
    return `http://127.0.0.1:${this.#server.addr.port}/?${parameters}`;
  }

  /** Resolves when the page of {@linkcode nextUrl} has run all checks. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** What the page has told so far. */
  get reports(): readonly CheckReport[] {
    return this.#reports;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#cables.ws[Symbol.asyncDispose]();
    await this.#cables.wss[Symbol.asyncDispose]();
    await this.#broker[Symbol.asyncDispose]();
  }

  async #handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      this.#take(pathname, await request.json());
      return new Response(null, { status: 204 });
    }
    if (pathname === "/") {
      return new Response(HTML, { headers: { "content-type": "text/html" } });
    }
    const script = this.#files.get(pathname);
    if (script === undefined) return new Response(null, { status: 404 });
    return new Response(script, {
      headers: { "content-type": "text/javascript; charset=utf-8" },
    });
  }

  #take(pathname: string, body: unknown): void {
    switch (pathname) {
      case "/report":
        this.#reports.push(body as CheckReport);
        break;
      case "/cut":
        this.#cables[body as "ws" | "wss"].cut();
        break;
      case "/finished":
        this.#finished.resolve();
    }
  }
}
