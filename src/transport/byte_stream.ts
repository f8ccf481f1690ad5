import type { ReadWindow } from "./read_window.ts";

/**
 * Bytes to and from one peer: what a listener needs of a socket, whatever the
 * platform calls it, and what a protocol above it, such as WebSocket, offers
 * again.
 */
export interface ByteStream {
  /** `address:port` of the peer, or what stands for it. */
  readonly remoteAddress: string;
  /**
   * Adds to `window` what has arrived, if need be after waiting for it; false
   * at the end of input. There is one read at a time.
   * @throws {PeerError} If the peer breaks the protocol of this stream; reads
   * that follow only tell when the input ends.
   */
  read(window: ReadWindow): Promise<boolean>;
  /** Resolves when all of `bytes` is on its way; there is one write at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the output after everything written. */
  closeWrite(): Promise<void>;
  /** Gives the socket up at once; a read or write that is under way ends. */
  close(): void;
}

/** How long a peer has to take the last bytes and to close its side. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** The peer has sent what it must not; `message` is a sentence for the log. */
export class PeerError extends Error {
  override readonly name: string = "PeerError";
}
