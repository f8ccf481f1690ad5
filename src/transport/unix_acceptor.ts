import type { Acceptor, ListeningAddress } from "./acceptor.ts";
import { DenoStream } from "./deno_stream.ts";

/** Where a Unix socket is and who may connect. */
export interface UnixSocketOptions {
  readonly path: string;
  /** Permission bits of the socket file: who may write to it may connect. */
  readonly mode: number;
}

/** A Unix socket; Deno removes its file when it closes. */
export class UnixAcceptor implements Acceptor {
  readonly address: ListeningAddress;
  readonly #listener: Deno.UnixListener;

  private constructor(listener: Deno.UnixListener, path: string) {
    this.#listener = listener;
    this.address = { hostname: "", port: 0, path };
  }

  /**
   * Listens at `path`. A socket file that nobody listens on any more, as a
   * crash leaves it behind, is replaced.
   * @throws {Deno.errors.AddrInUse} If somebody listens there, or if it is
   * another kind of file.
   */
  static async open({ path, mode }: UnixSocketOptions): Promise<UnixAcceptor> {
    await removeStaleSocket(path);
    const listener = Deno.listen({ transport: "unix", path });
    try {
      await Deno.chmod(path, mode);
      return new UnixAcceptor(listener, path);
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  async accept(): Promise<DenoStream> {
    return new DenoStream(await this.#listener.accept());
  }

  close(): void {
    this.#listener.close();
  }
}

async function removeStaleSocket(path: string): Promise<void> {
  try {
    if (!(await Deno.lstat(path)).isSocket) return;
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    await Deno.remove(path);
  }
}
