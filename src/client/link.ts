import type { ByteWriter, ProtocolVersion } from "../codec/mod.ts";
import type { ServerLimits } from "./server_limits.ts";

/**
 * The accepted connection, as the parts of a session see it: they write to
 * its output and ask for a flush.
 */
export interface Link {
  readonly protocolVersion: ProtocolVersion;
  /** What the server takes. */
  readonly limits: ServerLimits;
  /** Gathered since the last flush. */
  readonly output: ByteWriter;
  /** Whether more output should wait until some has gone out. */
  readonly isCongested: boolean;
  /** Sends what was gathered when the present task has finished gathering. */
  flushSoon(): void;
  /** Reading may go on, if nothing else holds it. */
  resume(): void;
}
