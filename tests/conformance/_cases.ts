/** A name for messages, and what is tried under it. */
export type Case<Value> = readonly [name: string, value: Value];

/** Runs `check` for each case; a failure names its case. */
export async function eachCase<Value>(
  cases: readonly Case<Value>[],
  check: (value: Value) => Promise<void>,
): Promise<void> {
  for (const [name, value] of cases) {
    try {
      await check(value);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${name}: ${message}`, { cause: error });
    }
  }
}
