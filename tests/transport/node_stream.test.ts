import { connect, createServer, type Socket } from "node:net";
import { NodeStream } from "../../src/transport/node_stream.ts";

/** Both ends of a connection; the first one is the server's. */
async function withSockets(
  use: (mine: Socket, peers: Socket) => Promise<void>,
): Promise<void> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const accepted = new Promise<Socket>((resolve) =>
    server.once("connection", resolve)
  );
  const peers = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  try {
    await use(await accepted, peers);
  } finally {
    peers.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("the writing side of a socket that is destroyed counts as closed", () =>
  withSockets(async (mine) => {
    const stream = new NodeStream(mine);
    stream.close();
    await stream.closeWrite();
  }));

Deno.test("whoever waits for the writing side is told when the socket is destroyed", () =>
  withSockets(async (mine, peers) => {
    const stream = new NodeStream(mine);
    peers.pause();
    // More than the buffers of both sides hold, so that the end must wait.
    stream.write(new Uint8Array(64 * 1_048_576)).catch(() => {});
    const closing = stream.closeWrite();
    stream.close();
    await closing;
  }));
