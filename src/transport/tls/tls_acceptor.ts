import { type Acceptor, BACKLOG, type ListeningAddress } from "../acceptor.ts";
import type { Step } from "../arrival.ts";
import { PeerError } from "../byte_stream.ts";
import { type HostAndPort, hostAndPortOf } from "../deno_acceptor.ts";
import { DenoStream } from "../deno_stream.ts";
import type { Credentials } from "./credentials.ts";

/** TLS by `Deno.listenTls`, which asks for no client certificates. */
export class TlsAcceptor implements Acceptor {
  readonly address: ListeningAddress;
  readonly #alpnProtocols: string[];
  #credentials: Credentials;
  #listener: Deno.TlsListener;
  #isRenewing = false;
  #isClosed = false;

  /** @throws {Deno.errors.AddrInUse} And whatever else `Deno.listenTls` throws. */
  constructor(
    { hostname, port }: HostAndPort,
    alpnProtocols: string[],
    credentials: Credentials,
  ) {
    this.#alpnProtocols = alpnProtocols;
    this.#credentials = credentials;
    this.#listener = this.#listen({ hostname, port });
    this.address = hostAndPortOf(this.#listener);
  }

  async accept(): Promise<DenoStream> {
    for (;;) {
      try {
        return new DenoStream(await this.#listener.accept());
      } catch (error) {
        if (!this.#isRenewing || this.#isClosed) throw error;
        this.#listener = this.#listen(this.address);
        this.#isRenewing = false;
      }
    }
  }

  /**
   * Serves new connections with `credentials`. A listener of Deno keeps its
   * certificate for life, so this one makes room for another: for about a
   * millisecond connections are refused. Those that are open stay.
   */
  renew(credentials: Credentials): void {
    this.#credentials = credentials;
    if (this.#isRenewing || this.#isClosed) return;
    this.#isRenewing = true;
    this.#listener.close();
  }

  close(): void {
    this.#isClosed = true;
    if (!this.#isRenewing) this.#listener.close();
  }

  #listen({ hostname, port }: HostAndPort): Deno.TlsListener {
    return Deno.listenTls({
      tcpBacklog: BACKLOG,
      hostname,
      port,
      cert: this.#credentials.certificate,
      key: this.#credentials.privateKey,
      alpnProtocols: this.#alpnProtocols,
    });
  }
}

/** The handshake of a connection from {@linkcode TlsAcceptor}. */
export const finishTlsHandshake: Step = async ({ stream }) => {
  try {
    await ((stream as DenoStream).socket as Deno.TlsConn).handshake();
    return true;
  } catch (error) {
    throw new PeerError(
      `TLS handshake failed: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
};
