/** What has started the program as a service, and wants to hear how it is. */
export interface ServiceManager {
  /** Clients can connect, with the configuration that was read last. */
  ready(): void;
  /** The configuration is read again; {@linkcode ready} follows. */
  reloading(): void;
  /** The program ends soon, because it was asked to. */
  stopping(): void;
  /** Shows one line to whoever asks how the service is. */
  status(text: string): void;
  /** Resolves when it has heard everything. */
  close(): Promise<void>;
}

/** Nobody wants to hear anything: the program was started by hand. */
export const NO_SERVICE_MANAGER: ServiceManager = {
  ready() {},
  reloading() {},
  stopping() {},
  status() {},
  close: () => Promise.resolve(),
};
