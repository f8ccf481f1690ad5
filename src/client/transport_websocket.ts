import { MqttError, ReasonCode } from "../codec/mod.ts";
import { onAbort } from "./_abort.ts";
import type { ClientTransport, Dial, TransportReceiver } from "./transport.ts";

/** What the socket may hold unsent before the next send waits. */
const SOFT_LIMIT_BYTES = 1_048_576;
/** How often it is asked then: there is no event for it. */
const POLL_MS = 5;
/** After this many bytes a flush waits for a timer: posted messages alone would keep reads from coming. */
const TURN_BYTES = 65_536;
/** How long the server has to close its side. */
const CLOSE_TIMEOUT_MS = 1_000;

const emptyBytes = new Uint8Array(0);

/**
 * Dials `ws:` and `wss:` with the WebSocket that every platform has. Resolves
 * when it is open and speaks `mqtt` [MQTT-6.0.0-3].
 */
export const dialWebSocket: Dial = (url, { signal }) => {
  const { promise, resolve, reject } = Promise.withResolvers<ClientTransport>();
  // Credentials go into CONNECT; browsers refuse a URL that has them.
  const address = new URL(url);
  address.username = "";
  address.password = "";
  const socket = new WebSocket(address, "mqtt");
  socket.binaryType = "arraybuffer";
  const stopListening = onAbort(signal, () => {
    reject(signal.reason);
    socket.close();
  });
  socket.onopen = () => {
    stopListening();
    if (socket.protocol === "mqtt") {
      resolve(new WebSocketTransport(socket));
    } else {
      reject(new Error("the server does not speak mqtt"));
      socket.close();
    }
  };
  let cause = "the WebSocket could not be opened";
  // Browsers do not say why, Node.js and Deno do.
  socket.onerror = (event) => {
    if ("message" in event && event.message) cause = String(event.message);
  };
  socket.onclose = () => {
    stopListening();
    reject(new Error(cause));
  };
  return promise;
};

/**
 * An open WebSocket. Its messages may cut packets anywhere [MQTT-6.0.0-2], and
 * they come whether they are wanted or not.
 */
class WebSocketTransport implements ClientTransport {
  readonly canHold = false;
  readonly #socket: WebSocket;
  /** Its other end posts to this: a turn of the event loop without a delay. */
  readonly #turn = new MessageChannel();
  #receiver: TransportReceiver | null = null;
  /** What the receiver has not taken: `[0, pendingBytes)`. */
  #pending: Uint8Array = emptyBytes;
  #pendingBytes = 0;
  /** Since the event loop was left to others. */
  #sentBytes = 0;
  #flush = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #closeTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #isClosed = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onerror = null;
    socket.onclose = () => this.#closed(null);
    this.#turn.port1.onmessage = () => this.#flush();
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    if (this.#isClosed) queueMicrotask(() => receiver.transportClosed(null));
  }

  /**
   * At the next turn of the event loop: one message for all that gathers by
   * then. Where Nagle's algorithm is on, as in Deno, a second small message
   * would wait 40 ms for the acknowledgement of the first.
   */
  schedule(flush: () => void): void {
    this.#flush = flush;
    if (this.#sentBytes < TURN_BYTES) {
      this.#turn.port2.postMessage(null);
    } else {
      this.#sentBytes = 0;
      this.#timer = setTimeout(flush);
    }
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes);
    this.#sentBytes += bytes.length;
    queueMicrotask(() => this.#sentIfDrained());
  }

  resume(): void {
    queueMicrotask(() => this.#redeliver());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#closeTimer ??= setTimeout(
      () => this.#closed(null),
      CLOSE_TIMEOUT_MS,
    );
    this.#socket.close();
  }

  #receive(data: unknown): void {
    if (this.#receiver === null || this.#isClosed) return;
    if (!(data instanceof ArrayBuffer)) {
      this.#closed(
        new MqttError(
          "Lost the connection: the server has sent text [MQTT-6.0.0-1]",
          ReasonCode.protocolError,
        ),
      );
      this.#socket.close();
      return;
    }
    const bytes = new Uint8Array(data);
    if (this.#pendingBytes > 0) {
      this.#append(bytes);
      this.#redeliver();
      return;
    }
    const taken = this.#receiver.receive(bytes, 0, bytes.length);
    if (taken < bytes.length) this.#append(bytes.subarray(taken));
  }

  #redeliver(): void {
    if (this.#pendingBytes === 0 || this.#receiver === null) return;
    const pending = this.#pending;
    const taken = this.#receiver.receive(pending, 0, this.#pendingBytes);
    this.#pendingBytes -= taken;
    if (this.#pendingBytes === 0) this.#pending = emptyBytes;
    else if (taken > 0) {
      pending.copyWithin(0, taken, taken + this.#pendingBytes);
    }
  }

  #append(bytes: Uint8Array): void {
    const neededBytes = this.#pendingBytes + bytes.length;
    if (neededBytes > this.#pending.length) {
      const grown = new Uint8Array(
        Math.max(neededBytes, this.#pending.length * 2),
      );
      grown.set(this.#pending.subarray(0, this.#pendingBytes));
      this.#pending = grown;
    }
    this.#pending.set(bytes, this.#pendingBytes);
    this.#pendingBytes = neededBytes;
  }

  #sentIfDrained(): void {
    if (this.#isClosed) return;
    if (this.#socket.bufferedAmount <= SOFT_LIMIT_BYTES) {
      this.#receiver?.sent();
    } else {
      this.#timer = setTimeout(() => this.#sentIfDrained(), POLL_MS);
    }
  }

  #closed(error: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#closeTimer);
    this.#turn.port1.close();
    this.#turn.port2.close();
    this.#receiver?.transportClosed(error);
  }
}
