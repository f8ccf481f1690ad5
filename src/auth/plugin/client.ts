import type { ClientIdentity } from "../../broker/mod.ts";
import type { Client } from "./api.ts";

/** What a plugin is told of a client. */
export function toClient(
  { clientIdentifier, userName, remoteAddress, listener }: Omit<
    ClientIdentity,
    "authorization"
  >,
): Client {
  return {
    clientIdentifier,
    userName,
    remoteAddress,
    listener: listener?.name ?? "",
  };
}
