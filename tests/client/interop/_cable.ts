/**
 * A stretch of the network between a client and a broker that a test can cut:
 * a TCP relay on a port of its own.
 */
export class Cable implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #targetPort: number;
  readonly #sockets = new Set<Deno.TcpConn>();
  readonly #relays = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  /** While true new connections are closed at once. */
  isCut = false;
  /** Bytes that clients have sent through it. */
  sentBytes = 0;
  /** Called when `sentBytes` has grown. */
  onSent: () => void = () => {};

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Breaks all connections; what is under way in either direction is lost. */
  cut(): void {
    for (const socket of this.#sockets) close(socket);
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#accepting;
    await Promise.all(this.#relays);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.isCut) {
        client.close();
        continue;
      }
      const relay = this.#relay(client).finally(() =>
        this.#relays.delete(relay)
      );
      this.#relays.add(relay);
    }
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    this.#sockets.add(client);
    const server = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.#targetPort,
    });
    this.#sockets.add(server);
    client.setNoDelay(true);
    server.setNoDelay(true);
    await Promise.all([
      copy(client, server, (count) => {
        this.sentBytes += count;
        this.onSent();
      }),
      copy(server, client, () => {}),
    ]);
    this.#sockets.delete(client);
    this.#sockets.delete(server);
  }
}

/** Until either side ends, which ends the other. */
async function copy(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  onBytes: (count: number) => void,
): Promise<void> {
  const buffer = new Uint8Array(16_384);
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) break;
      for (let start = 0; start < count;) {
        start += await to.write(buffer.subarray(start, count));
      }
      onBytes(count);
    }
  } catch {
    // The cable was cut, or one side has gone.
  }
  close(from);
  close(to);
}

function close(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // It is closed already.
  }
}
