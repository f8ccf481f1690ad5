import { ReasonCode } from "../codec/mod.ts";
import type { Connection } from "./connection.ts";
import type { AuthenticationResult } from "./interfaces.ts";

/** Ends the connection with 0x87 when what the client has shown ends to hold. */
export function watchCredential(
  connection: Connection,
  { expiresAtMs = Infinity }: AuthenticationResult,
): void {
  const { timers } = connection.broker;
  timers.cancel(connection.credentialTimer);
  connection.credentialTimer = expiresAtMs === Infinity
    ? null
    : timers.schedule(expiresAtMs, () => {
      connection.credentialTimer = null;
      connection.close(ReasonCode.notAuthorized, "the credential has expired");
    });
}
