import { Misfit } from "./_check.ts";
import type { Config } from "./config.ts";
import { formatAddress } from "./scalars.ts";

/**
 * Checks what one key alone cannot show.
 * @throws {Misfit} If two values contradict each other.
 */
export function checkRelations({ listeners, limits }: Config): void {
  const { outputSoftLimitBytes, outputHardLimitBytes } = limits;
  if (outputHardLimitBytes < outputSoftLimitBytes) {
    throw new Misfit(
      ["limits", "output_hard_limit"],
      `expected at least output_soft_limit (${outputSoftLimitBytes} bytes), ` +
        `found ${outputHardLimitBytes}`,
    );
  }
  const seen = new Set<string>();
  for (const [index, listener] of listeners.entries()) {
    const address = formatAddress(listener);
    if (listener.port !== 0 && seen.has(address)) {
      throw new Misfit(
        ["listeners", index, "address"],
        `expected each address once, found ${address} again`,
      );
    }
    seen.add(address);
  }
}
