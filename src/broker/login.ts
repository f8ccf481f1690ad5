import type { ConnectPacket } from "../codec/mod.ts";
import type { AuthenticationExchange } from "./interfaces.ts";

/** What is known of a client while it is let in, and when it shows again who it is. */
export class Login {
  /** As CONNECT names it; every AUTH must name the same [MQTT-4.12.0-5]. */
  method: string | null = null;
  /** The exchange of AUTH packets under way. */
  exchange: AuthenticationExchange | null = null;
  /** The CONNECT that waits for the end of its exchange. */
  pendingConnect: ConnectPacket | null = null;
  /** What the server says last in the exchange, for CONNACK. */
  finalData: Uint8Array | null = null;
  /** When the Authorizer was asked whether to let it in. */
  askedAtMs = 0;
}
