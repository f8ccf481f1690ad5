import { FrameCursor } from "./frame_cursor.ts";
import { type Link, type LinkTarget, openLink, writeAll } from "./link.ts";
import {
  checkSuback,
  decodeConnack,
  disconnectFrame,
  encodeConnect,
  encodeSubscribe,
  type Login,
  PacketType,
  type ProtocolVersion,
  type SubscriptionRequest,
} from "./wire.ts";

/** Where the broker is and which MQTT version to speak. */
export interface Target extends LinkTarget {
  version: ProtocolVersion;
  login?: Login;
}

/** A connection that the server accepted. */
export interface Session {
  connection: Link;
  /** Walks what the server sends; may already hold bytes. */
  cursor: FrameCursor;
  /** The server's Receive Maximum; 65,535 where it named none. */
  receiveMaximum: number;
}

/** Handshakes need no large buffer, and idle connections none at all. */
const handshakeBufferBytes = 512;

/** What one connection has that others have not. */
export interface SessionOptions {
  /** Of what the server sends. */
  bufferBytes?: number;
  /** Whether the session outlives the connection. */
  isLasting?: boolean;
}

/**
 * Opens a connection and waits for its CONNACK.
 * @throws {Error} If the server refuses or closes.
 */
export async function openSession(
  target: Target,
  clientIdentifier: string,
  { bufferBytes = handshakeBufferBytes, isLasting = false }: SessionOptions =
    {},
): Promise<Session> {
  const { version, login } = target;
  const connection = await openLink(target);
  try {
    const cursor = new FrameCursor(bufferBytes);
    const connect = encodeConnect(version, clientIdentifier, {
      isLasting,
      login,
    });
    await writeAll(connection, connect);
    const body = await awaitPacket({ connection, cursor }, PacketType.CONNACK);
    return {
      connection,
      cursor,
      receiveMaximum: decodeConnack(body, version),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Subscribes and waits for the SUBACK.
 * @throws {Error} If the server refuses or closes.
 */
export async function subscribe(
  session: Session,
  version: ProtocolVersion,
  subscriptions: readonly SubscriptionRequest[],
): Promise<void> {
  const { connection } = session;
  await writeAll(connection, encodeSubscribe(version, subscriptions));
  const body = await awaitPacket(session, PacketType.SUBACK);
  checkSuback(body, subscriptions.length);
}

/** Says DISCONNECT and closes; a connection that is gone already is fine. */
export async function closeSession(connection: Link): Promise<void> {
  try {
    await writeAll(connection, disconnectFrame);
  } catch {
    // The server closed first, which is where this leads anyway.
  }
  try {
    connection.close();
  } catch {
    // Closed by the reader that saw the end.
  }
}

/**
 * The body of the next packet.
 * @throws {Error} If it is not one of `type`, or none comes.
 */
export async function awaitPacket(
  { connection, cursor }: Pick<Session, "connection" | "cursor">,
  type: number,
): Promise<Uint8Array> {
  while (!cursor.next()) {
    const count = await connection.read(cursor.space());
    if (count === null) {
      throw new Error(
        `Cannot continue: the server closed instead of sending packet ${type}`,
      );
    }
    cursor.fill(count);
  }
  if (cursor.firstByte >> 4 !== type) {
    throw new Error(
      `Cannot continue: packet ${cursor.firstByte >> 4} came, not ${type}`,
    );
  }
  return cursor.bytes.slice(cursor.bodyOffset, cursor.bodyEnd);
}
