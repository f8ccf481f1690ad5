import { ReasonCode } from "../codec/mod.ts";
import { type Connection, ConnectionState } from "./connection.ts";

/** A client may be silent for this many times its Keep Alive [MQTT-3.1.2-22]. */
const GRACE_FACTOR = 1.5;

/** Ends the connection if CONNECT, or what a login takes, does not come in time. */
export function startConnectTimeout(
  connection: Connection,
  waitedMs: number,
): void {
  const { timers, nowMs } = connection.broker;
  const { limits } = connection.listener;
  connection.timer = timers.schedule(
    nowMs + Math.max(0, limits.connectTimeoutMs - waitedMs),
    () => {
      connection.timer = null;
      const cause = connection.state === ConnectionState.authenticating
        ? "the login was not done in time"
        : "no CONNECT came in time";
      connection.end(ReasonCode.unspecifiedError, cause);
    },
  );
}

/**
 * From CONNACK on: ends the connection when the client has been silent for too
 * long. However long CONNECT had to wait, nothing was read meanwhile.
 */
export function startKeepAlive(connection: Connection): void {
  const { timers, nowMs } = connection.broker;
  timers.cancel(connection.timer);
  connection.timer = null;
  connection.lastReceivedMs = nowMs;
  if (connection.keepAliveSeconds === 0) return;
  schedule(connection, nowMs);
}

/** One timer a connection, moved on only when it fires: a packet costs no timer work. */
function schedule(connection: Connection, sinceMs: number): void {
  const silenceMs = connection.keepAliveSeconds * 1000 * GRACE_FACTOR;
  connection.timer = connection.broker.timers.schedule(
    sinceMs + silenceMs,
    () => check(connection, silenceMs),
  );
}

function check(connection: Connection, silenceMs: number): void {
  connection.timer = null;
  if (connection.state !== ConnectionState.connected) return;
  const nowMs = connection.broker.nowMs;
  // A client that reads nothing is held for its own sake, and must not live on that.
  if (connection.isHeld && !connection.isHeldForOutput) {
    schedule(connection, nowMs);
  } else if (connection.lastReceivedMs + silenceMs > nowMs) {
    schedule(connection, connection.lastReceivedMs);
  } else {
    connection.close(
      ReasonCode.keepAliveTimeout,
      `no packet came for 1.5 times the Keep Alive of ` +
        `${connection.keepAliveSeconds} s`,
    );
  }
}
