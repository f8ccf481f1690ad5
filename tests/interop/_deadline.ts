/** After this, what a test waits for counts as never happening. */
const DEADLINE_MS = 20_000;

/**
 * Settles as `awaited` does.
 * @throws {Error} If it has not by the deadline; `what` names what is missing.
 */
export async function beforeDeadline<Value>(
  awaited: Promise<Value>,
  what: string,
): Promise<Value> {
  let timer: number | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new Error(`Waited for ${what}: nothing in ${DEADLINE_MS / 1000} s`),
        ),
      DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([awaited, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
