/**
 * The broker seen and looked after over HTTP.
 * @module
 */
import type { HttpService } from "../transport/mod.ts";
import { makeApp } from "./app.ts";
import { AdminContext, type AdminHost } from "./context.ts";
import { consoleService } from "./dashboard/console.ts";

export type { AdminHost } from "./context.ts";
export type {
  LogControl,
  LogFilter,
  LogSubject,
  LogTail,
} from "./log_control.ts";

/** The admin HTTP of one server. */
export class Admin {
  readonly service: HttpService;
  readonly #context: AdminContext;

  /** @throws {FileError} If the file of tokens cannot be made or used. */
  constructor(host: AdminHost) {
    const context = this.#context = new AdminContext(host);
    const app = makeApp(context);
    this.service = {
      handler: (request, peer) => app.fetch(joinName(request), { peer }),
      webSocket: consoleService(app),
      maximumBodyBytes: host.config.admin.maximumBodyBytes,
    };
  }

  /** The token of this run, if there is no file of tokens. */
  get generatedToken(): string | null {
    return this.#context.generatedToken;
  }

  /** @throws {FileError} If the file of tokens is wrong; nothing changes then. */
  reloadTokens(): void {
    this.#context.reloadTokens();
  }

  /** Ends the streams; the listeners close the connections. */
  close(): Promise<void> {
    return this.#context.close();
  }
}

/** Paths that end with the name of something. */
const NAMED = /^\/api\/v1\/(?:clients|sessions|retained|topics)\//;

/** Topics have slashes, and people write them as they stand: `/topics/a/b`. */
function joinName(request: Request): Request {
  const url = new URL(request.url);
  const [start] = NAMED.exec(url.pathname) ?? [];
  if (start === undefined) return request;
  const name = url.pathname.slice(start.length);
  if (!name.includes("/")) return request;
  url.pathname = start + name.replaceAll("/", "%2F");
  return new Request(url, request);
}
