import type { ConnectPacket, PublishView } from "../codec/mod.ts";
import type { Connection } from "./connection.ts";

/**
 * A part of what happens to a packet: finding out what the client may do,
 * finding the receivers, giving the message to them, and waiting for the store.
 */
export type TraceStep = "authorize" | "route" | "deliver" | "store";

/** How it went with one CONNECT or PUBLISH, for whoever looks at it later. */
export interface Trace {
  /** Ends the step before, if there is one, and begins `step`; `null` for none. */
  step(step: TraceStep | null): void;
  /**
   * It is over; no call follows. `receiverCount` is that of sessions that have
   * taken the message, -1 where there is none.
   */
  end(reasonCode: number, receiverCount: number): void;
}

/** Chooses which packets are traced; `null` for those that are not. */
export interface Tracer {
  traceConnect(connection: Connection, connect: ConnectPacket): Trace | null;
  /** `publish` is borrowed, and may stand for a run of like packets. */
  tracePublish(connection: Connection, publish: PublishView): Trace | null;
}
