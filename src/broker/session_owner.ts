/**
 * Whose a session is: it holds what one user has subscribed to, and messages
 * that others must not read.
 */
import { encodeUtf8, ReasonCode } from "../codec/mod.ts";
import type { Connection } from "./connection.ts";
import { refuse } from "./refuse.ts";

/** The longest text of MQTT, in UTF-8. */
const LONGEST_TEXT_BYTES = 65_535;

/**
 * Whether a session can belong to `userName`. What a client sends is text of
 * MQTT; what a plugin or a certificate makes of it need not be, and a store
 * could not write it.
 */
export function canOwnSession(userName: string | null): boolean {
  return userName === null ||
    (userName.isWellFormed() && !userName.includes("\0") &&
      encodeUtf8(userName).length <= LONGEST_TEXT_BYTES);
}

/**
 * Whether the Client Identifier of `connection` has the session of another
 * user. Clients without a user name are one user: where some come over a
 * listener that asks for none, they must be safe from those who log in
 * elsewhere.
 */
export function isOthersSession(connection: Connection): boolean {
  const { broker, clientIdentifier, userName } = connection;
  if (!broker.sessionsBelongToUsers) return false;
  const owner = broker.sessions.ownerOf(clientIdentifier);
  return owner !== undefined && owner !== userName;
}

/** The client learns that it may not use the identifier, and not whose it is. */
export function refuseOthersSession(connection: Connection): void {
  const { broker, clientIdentifier, userName } = connection;
  const owner = broker.sessions.ownerOf(clientIdentifier) ?? null;
  refuse(
    connection,
    ReasonCode.clientIdentifierNotValid,
    "the Client Identifier is not free",
    `the session of this Client Identifier belongs to ${describe(owner)}, ` +
      `not to ${describe(userName)}: end it (rqtt ctl expire CLIENT), or set ` +
      "auth.sessions_belong_to_users to false",
  );
}

function describe(userName: string | null): string {
  return userName === null
    ? "clients without a user name"
    : `user "${userName}"`;
}
