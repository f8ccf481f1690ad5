import type { Arrival, Step } from "./arrival.ts";
import { PeerError } from "./byte_stream.ts";
import { formatHostAndPort } from "./deno_stream.ts";

/** The longest header of version 1, with its line end. */
const MAXIMUM_TEXT_BYTES = 107;
/** More than the extensions that proxies add come to. */
const MAXIMUM_BINARY_BYTES = 4_096;
const BINARY_HEADER_BYTES = 16;
const TEXT_SIGNATURE = new TextEncoder().encode("PROXY ");
const BINARY_SIGNATURE = Uint8Array.of(
  ...[0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a],
);

/** What a header of the PROXY protocol says. */
export interface ProxyHeader {
  /** `address:port` of the client, or `null` if the proxy speaks for itself. */
  readonly sourceAddress: string | null;
  /** Where the bytes behind it begin. */
  readonly end: number;
}

/**
 * Reads a header of the PROXY protocol, version 1 or 2, at the start of
 * `bytes[start, end)`; `null` while it is incomplete.
 * @throws {PeerError} If it is none, or malformed.
 */
export function readProxyHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
): ProxyHeader | null {
  if (start === end) return null;
  const isText = bytes[start] === TEXT_SIGNATURE[0];
  const signature = isText ? TEXT_SIGNATURE : BINARY_SIGNATURE;
  for (let i = 0; i < signature.length; i++) {
    if (start + i === end) return null;
    if (bytes[start + i] !== signature[i]) {
      throw malformed("the connection does not begin with it");
    }
  }
  return isText ? readText(bytes, start, end) : readBinary(bytes, start, end);
}

/** Waits for the header, and takes the address of the client from it. */
export const takeProxyHeader: Step = async (arrival: Arrival) => {
  const { stream, window } = arrival;
  for (;;) {
    const header = readProxyHeader(window.bytes, window.start, window.end);
    if (header !== null) {
      arrival.remoteAddress = header.sourceAddress ?? arrival.remoteAddress;
      window.consumed(header.end);
      return true;
    }
    if (!await stream.read(window)) {
      throw malformed("closed by the peer before its end");
    }
  }
};

function readText(
  bytes: Uint8Array,
  start: number,
  end: number,
): ProxyHeader | null {
  const limit = Math.min(end, start + MAXIMUM_TEXT_BYTES);
  const lineEnd = bytes.subarray(start, limit).indexOf(0x0a);
  if (lineEnd < 0) {
    if (limit < end || end - start === MAXIMUM_TEXT_BYTES) {
      throw malformed(`it is longer than ${MAXIMUM_TEXT_BYTES} bytes`);
    }
    return null;
  }
  const line = String.fromCharCode(...bytes.subarray(start, start + lineEnd));
  const headerEnd = start + lineEnd + 1;
  if (/^PROXY UNKNOWN( .*)?\r$/.test(line)) {
    return { sourceAddress: null, end: headerEnd };
  }
  const [, family, source, target, sourcePort, targetPort] =
    /^PROXY (TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r$/.exec(line) ?? [];
  const isAddress = family === "TCP4" ? isVersion4 : isVersion6;
  if (
    family === undefined || !isAddress(source) || !isAddress(target) ||
    Number(sourcePort) > 65_535 || Number(targetPort) > 65_535
  ) throw malformed("its line is of another form");
  const host = family === "TCP4" ? source : shortForm(source);
  const sourceAddress = formatHostAndPort(host, Number(sourcePort));
  return { sourceAddress, end: headerEnd };
}

function isVersion4(text: string): boolean {
  return /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) &&
    text.split(".").every((part) => Number(part) <= 255);
}

function isVersion6(text: string): boolean {
  return text.includes(":") && URL.canParse(`http://[${text}]`);
}

/**
 * An IPv6 address as in RFC 5952, or the IPv4 address that it stands for: bans
 * and limits know each address in one form only.
 */
function shortForm(text: string): string {
  const { hostname } = new URL(`http://[${text}]`);
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(hostname);
  if (mapped === null) return hostname.slice(1, -1);
  const [high, low] = mapped.slice(1).map((group) => parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

function readBinary(
  bytes: Uint8Array,
  start: number,
  end: number,
): ProxyHeader | null {
  if (end - start < BINARY_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = bytes[start + 12] >> 4;
  const command = bytes[start + 12] & 0x0f;
  const family = bytes[start + 13];
  const length = view.getUint16(start + 14);
  if (version !== 2) throw malformed(`its version is ${version}`);
  if (command > 1) throw malformed(`its command is ${command}`);
  if (length > MAXIMUM_BINARY_BYTES) {
    throw malformed(`it is longer than ${MAXIMUM_BINARY_BYTES} bytes`);
  }
  const body = start + BINARY_HEADER_BYTES;
  if (end < body + length) return null;
  const isLocal = command === 0;
  return {
    sourceAddress: isLocal ? null : readSource(view, family, body, length),
    end: body + length,
  };
}

/** What the families are called, and how long their addresses are. */
const TCP4 = 0x11;
const TCP6 = 0x21;
const UNIX_STREAM = 0x31;

function readSource(
  view: DataView,
  family: number,
  body: number,
  length: number,
): string | null {
  switch (family) {
    case TCP4: {
      if (length < 12) throw malformed("its address is cut short");
      const parts = [0, 1, 2, 3].map((i) => view.getUint8(body + i));
      return formatHostAndPort(parts.join("."), view.getUint16(body + 8));
    }
    case TCP6: {
      if (length < 36) throw malformed("its address is cut short");
      const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((i) =>
        view.getUint16(body + i).toString(16)
      );
      const host = shortForm(groups.join(":"));
      return formatHostAndPort(host, view.getUint16(body + 32));
    }
    case UNIX_STREAM:
      if (length < 216) throw malformed("its address is cut short");
      return "unix";
    case 0:
      return null;
    default:
      throw malformed(`its address family is 0x${family.toString(16)}`);
  }
}

function malformed(cause: string): PeerError {
  return new PeerError(`Cannot read the PROXY header: ${cause}`);
}
