/**
 * Calls `callback` when `signal` is aborted. Returns how to stop listening; a
 * long-lived signal must not collect what has long settled.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  signal.addEventListener("abort", callback, { once: true });
  return () => signal.removeEventListener("abort", callback);
}

/**
 * Settles as `awaited` does, or rejects with the reason of `signal`; what
 * comes later than that goes to `discard`.
 */
export function untilAborted<Value>(
  awaited: Promise<Value>,
  signal: AbortSignal | undefined,
  discard: (late: Value) => void = () => {},
): Promise<Value> {
  if (signal === undefined) return awaited;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      awaited.then(discard, () => {});
    };
    if (signal.aborted) return abort();
    const stopListening = onAbort(signal, abort);
    awaited.then(resolve, reject).finally(stopListening);
  });
}
