import { type Acceptor, BACKLOG, type ListeningAddress } from "./acceptor.ts";
import { DenoStream } from "./deno_stream.ts";

/** A host and a port to listen on; port 0 lets the system choose. */
export interface HostAndPort {
  readonly hostname: string;
  readonly port: number;
}

/** TCP by `Deno.listen`. */
export class TcpAcceptor implements Acceptor {
  readonly address: ListeningAddress;
  readonly #listener: Deno.TcpListener;

  /** @throws {Deno.errors.AddrInUse} And whatever else `Deno.listen` throws. */
  constructor({ hostname, port }: HostAndPort) {
    this.#listener = Deno.listen({ hostname, port, tcpBacklog: BACKLOG });
    this.address = hostAndPortOf(this.#listener);
  }

  async accept(): Promise<DenoStream> {
    return new DenoStream(await this.#listener.accept());
  }

  close(): void {
    this.#listener.close();
  }
}

/** The address of a listener as the system has it. */
export function hostAndPortOf(listener: Deno.Listener): HostAndPort {
  const { hostname, port } = listener.addr as Deno.NetAddr;
  return { hostname, port };
}
