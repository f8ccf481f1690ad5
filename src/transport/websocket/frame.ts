/** What a frame carries (RFC 6455, section 5.2). */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** Why a connection is closed (RFC 6455, section 7.4.1). */
export const CloseStatus = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  messageTooBig: 1009,
} as const;

/** The payload of a control frame is at most this long. */
export const MAXIMUM_CONTROL_BYTES = 125;
/** The longest header of a frame that a server sends. */
export const MAXIMUM_HEADER_BYTES = 10;

const FINAL = 0x80;

/**
 * Writes the header of an unmasked frame that is a whole message to the start
 * of `bytes`; returns its length.
 */
export function writeFrameHeader(
  bytes: Uint8Array,
  opcode: number,
  payloadBytes: number,
): number {
  bytes[0] = FINAL | opcode;
  if (payloadBytes <= 125) {
    bytes[1] = payloadBytes;
    return 2;
  }
  if (payloadBytes <= 0xffff) {
    bytes[1] = 126;
    bytes[2] = payloadBytes >>> 8;
    bytes[3] = payloadBytes;
    return 4;
  }
  bytes[1] = 127;
  const high = Math.floor(payloadBytes / 0x1_0000_0000);
  for (let i = 0; i < 4; i++) {
    bytes[2 + i] = high >>> (24 - 8 * i);
    bytes[6 + i] = payloadBytes >>> (24 - 8 * i);
  }
  return 10;
}

/** A whole control frame; `payload` has at most 125 bytes. */
export function makeControlFrame(
  opcode: number,
  payload: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(2 + payload.length);
  writeFrameHeader(frame, opcode, payload.length);
  frame.set(payload, 2);
  return frame;
}

/** A close frame that says why. */
export function makeCloseFrame(status: number): Uint8Array {
  const payload = Uint8Array.of(status >>> 8, status & 0xff);
  return makeControlFrame(Opcode.close, payload);
}
