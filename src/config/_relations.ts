import { Misfit } from "./_check.ts";
import type { AuthConfig, Config, Listener } from "./config.ts";
import { isLoopback } from "./loopback.ts";
import { formatAddress } from "./scalars.ts";

/**
 * Checks what one key alone cannot show.
 * @throws {Misfit} If two values contradict each other.
 */
export function checkRelations({ listeners, limits, auth }: Config): void {
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
  checkPosture(listeners, auth);
}

/** Whoever opens the broker to others has to say whom it lets in. */
function checkPosture(
  listeners: readonly Listener[],
  { allowAnonymous, passwordFile }: AuthConfig,
): void {
  if (allowAnonymous !== "auto" || passwordFile !== null) return;
  for (const listener of listeners) {
    if (!("hostname" in listener) || isLoopback(listener)) continue;
    throw new Misfit(
      ["auth", "allow_anonymous"],
      `others can reach ${formatAddress(listener)}, so name a ` +
        "password_file, or say true to let everybody in",
    );
  }
}
