import { DenoStream } from "../../transport/deno_stream.ts";
import { ReadWindow } from "../../transport/read_window.ts";
import { onAbort } from "../_abort.ts";
import type { Dial } from "../transport.ts";
import { StreamClientTransport } from "../transport_stream.ts";
import { connectTcp, connectTls } from "../transport_tcp.ts";
import { WebSocketClientStream } from "./client_stream.ts";
import { openWebSocket } from "./handshake.ts";

const PORT = 80;
const TLS_PORT = 443;

/**
 * Dials `ws:` and `wss:` over sockets of Deno. Its own `WebSocket` leaves
 * Nagle's algorithm on and writes the header of each frame over 1 KiB by
 * itself: the rest waits 40 ms for the server's delayed acknowledgement. And
 * it cannot stop reading.
 */
export const dialWebSocketStream: Dial = async (url, options) => {
  const { signal } = options;
  const socket = url.protocol === "wss:"
    ? await connectTls(url, TLS_PORT, options)
    : await connectTcp(url, PORT, signal);
  const stream = new DenoStream(socket);
  const stopListening = onAbort(signal, () => stream.close());
  try {
    signal.throwIfAborted();
    const window = new ReadWindow();
    await openWebSocket(stream, window, url);
    const webSocket = new WebSocketClientStream(stream);
    webSocket.takePending(window);
    return new StreamClientTransport(webSocket, window);
  } catch (error) {
    stream.close();
    throw error;
  } finally {
    stopListening();
  }
};
