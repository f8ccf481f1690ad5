import type { Payload } from "./options.ts";

const encoder = new TextEncoder();

/** Text as UTF-8; bytes as they are. */
export function toBytes(payload: Payload): Uint8Array {
  return typeof payload === "string" ? encoder.encode(payload) : payload;
}
