import { createServer, type Server, type Socket } from "node:net";
import { type Acceptor, BACKLOG, type ListeningAddress } from "./acceptor.ts";
import type { HostAndPort } from "./deno_acceptor.ts";
import { NodeStream } from "./node_stream.ts";

/** TCP by `node:net`, whose sockets `node:tls` can take over. */
export class NodeAcceptor implements Acceptor {
  readonly address: ListeningAddress;
  readonly #server: Server;
  readonly #waiting: Socket[] = [];
  #next: PromiseWithResolvers<void> = Promise.withResolvers();
  #error: Error | null = null;

  private constructor(server: Server) {
    const { address, port } = server.address() as {
      address: string;
      port: number;
    };
    this.address = { hostname: address, port };
    this.#server = server;
    server.on("connection", (socket) => {
      this.#waiting.push(socket);
      this.#next.resolve();
    });
    server.on("error", (error) => this.#fail(error));
  }

  /** @throws {Deno.errors.AddrInUse} And whatever else `Deno.listen` throws. */
  static async open({ hostname, port }: HostAndPort): Promise<NodeAcceptor> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(asDenoError(error)));
      server.listen({ host: hostname, port, backlog: BACKLOG }, resolve);
    });
    server.removeAllListeners("error");
    return new NodeAcceptor(server);
  }

  async accept(): Promise<NodeStream> {
    for (;;) {
      const socket = this.#waiting.shift();
      if (socket !== undefined) return new NodeStream(socket);
      if (this.#error !== null) {
        const error = this.#error;
        this.#error = null;
        throw error;
      }
      this.#next = Promise.withResolvers();
      await this.#next.promise;
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.length = 0;
    this.#fail(new Deno.errors.BadResource("The listener is closed"));
  }

  #fail(error: Error): void {
    this.#error = error;
    this.#next.resolve();
  }
}

/** The same failure has the same class, whatever has listened. */
function asDenoError(error: Error & { code?: string }): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new Deno.errors.AddrInUse(error.message, { cause: error });
    case "EADDRNOTAVAIL":
      return new Deno.errors.AddrNotAvailable(error.message, { cause: error });
    case "EACCES":
      return new Deno.errors.PermissionDenied(error.message, { cause: error });
    default:
      return error;
  }
}
