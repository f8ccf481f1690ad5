import type { ListeningAddress } from "./acceptor.ts";

/** Is told what an operator wants to see of listeners. */
export interface ListenerObserver {
  /** Accepting failed, for instance for want of file descriptors; it is tried again. */
  acceptFailed(address: ListeningAddress, error: unknown): void;
  /** A connection ended before the broker has seen it. */
  arrivalRefused(remoteAddress: string, cause: string): void;
  /** New connections get another certificate; it is valid until `expiresAtMs`. */
  certificateRenewed(address: ListeningAddress, expiresAtMs: number): void;
  /** What is in the files cannot be used: the certificate of before stays. */
  certificateRejected(address: ListeningAddress, cause: string): void;
}

/** Looks away. */
export const SILENT_LISTENER_OBSERVER: ListenerObserver = {
  acceptFailed() {},
  arrivalRefused() {},
  certificateRenewed() {},
  certificateRejected() {},
};
