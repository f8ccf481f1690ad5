/** Is told what was done through the admin HTTP, for the log. */
export interface AdminObserver {
  /** A user has changed something, or logged in; `request` is method and path. */
  adminChanged(userName: string, address: string, request: string): void;
  /** A request was refused because of who has sent it. */
  adminRefused(address: string, cause: string): void;
  /** Everybody on this machine can read the file of tokens. */
  tokensExposed(path: string): void;
}

/** Looks away. */
export const SILENT_ADMIN_OBSERVER: AdminObserver = {
  adminChanged() {},
  adminRefused() {},
  tokensExposed() {},
};
