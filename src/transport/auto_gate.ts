import type { Arrival, Step } from "./arrival.ts";
import { PeerError } from "./byte_stream.ts";

/** A TLS record that holds a handshake. */
const TLS_HANDSHAKE = 0x16;
/** The type of CONNECT, with the flags that it must have. */
const MQTT_CONNECT = 0x10;
/** Methods of HTTP are upper-case words. */
const LETTER_A = 0x41;
const LETTER_Z = 0x5a;

/** Where peers are led by their first byte. */
export interface AutoGateOptions {
  /** For TLS, after which the peer is led again; `null` if there is no TLS. */
  readonly tls: Step | null;
  /** Whether nobody gets to MQTT without TLS. */
  readonly requiresTls: boolean;
  readonly http: Step;
  /** For HTTP without TLS. */
  readonly plainHttp: Step;
}

/** Tells MQTT, HTTP and TLS apart by the first byte: one port serves all. */
export function makeAutoGate(options: AutoGateOptions): Step {
  const { tls, requiresTls, http, plainHttp } = options;
  return async (arrival) => {
    let first = await peek(arrival);
    const isSecure = first === TLS_HANDSHAKE && tls !== null;
    if (isSecure) {
      if (!await tls(arrival)) return false;
      first = await peek(arrival);
    }
    if (first === MQTT_CONNECT) {
      if (isSecure || !requiresTls) return true;
      throw new PeerError("MQTT came without TLS, which is required here");
    }
    if (first >= LETTER_A && first <= LETTER_Z) {
      return await (isSecure ? http : plainHttp)(arrival);
    }
    throw new PeerError(
      first === TLS_HANDSHAKE
        ? "the first byte is that of TLS, which is not served here"
        : `the first byte is 0x${first.toString(16).padStart(2, "0")}: ` +
          "neither MQTT nor HTTP nor TLS",
    );
  };
}

async function peek({ stream, window }: Arrival): Promise<number> {
  while (window.start === window.end) {
    if (!await stream.read(window)) {
      throw new PeerError("closed by the client before its first byte");
    }
  }
  return window.bytes[window.start];
}
