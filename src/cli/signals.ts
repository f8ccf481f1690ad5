/** Where the wish to stop comes from. */
export interface SignalSource {
  /** Calls `handler` with each signal's name; returns how to stop that. */
  subscribe(handler: (signal: string) => void): () => void;
}

/** Windows knows no SIGTERM; SIGBREAK is Ctrl+Break. */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** The signals of this process that ask it to stop. */
export const processSignals: SignalSource = {
  subscribe(handler) {
    const listeners = STOP_SIGNALS.map((signal) => {
      const listener = () => handler(signal);
      Deno.addSignalListener(signal, listener);
      return () => Deno.removeSignalListener(signal, listener);
    });
    return () => listeners.forEach((remove) => remove());
  },
};
