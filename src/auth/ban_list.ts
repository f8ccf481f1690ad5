import { FileError } from "./file_error.ts";

/** Whom a ban is looked up for. */
export interface BannedCandidate {
  readonly clientIdentifier: string;
  readonly userName: string | null;
  /** `address:port`. */
  readonly remoteAddress: string;
}

interface Network {
  readonly address: bigint;
  /** The number of bits of an address: 32 or 128. */
  readonly width: number;
  readonly prefixLength: number;
  readonly line: number;
}

/** What stands before an IPv4 address in an IPv6 one: ::ffff. */
const MAPPED_BITS = 96;

/**
 * Who must not connect: a file with lines `address 192.0.2.0/24`,
 * `client NAME` and `user NAME`; `#` begins a comment.
 */
export class BanList {
  readonly #path: string;
  readonly #names = new Map<string, number>();
  readonly #networks: Network[] = [];

  /** @throws {FileError} At the first line that cannot be read. */
  constructor(path: string, text: string) {
    this.#path = path;
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      const [, kind, value] = /^(\S+)\s+(.*\S)\s*$/.exec(line) ?? [];
      switch (kind) {
        case "client":
        case "user":
          this.#names.set(`${kind} ${value}`, index + 1);
          break;
        case "address": {
          const network = parseNetwork(value, index + 1);
          if (network === null) {
            throw new FileError(
              path,
              index + 1,
              `expected an address such as 192.0.2.1 or 2001:db8::/32, ` +
                `found "${value}"`,
            );
          }
          this.#networks.push(network);
          break;
        }
        default:
          throw new FileError(
            path,
            index + 1,
            "expected address, client or user and a value",
          );
      }
    }
  }

  /** The line that bans the client (`bans:3`), or `null`. */
  find(candidate: BannedCandidate): string | null {
    const { clientIdentifier, userName, remoteAddress } = candidate;
    const line = this.#names.get(`client ${clientIdentifier}`) ??
      (userName === null ? undefined : this.#names.get(`user ${userName}`)) ??
      this.#findNetwork(remoteAddress);
    return line === undefined ? null : `${this.#path}:${line}`;
  }

  #findNetwork(remoteAddress: string): number | undefined {
    if (this.#networks.length === 0) return undefined;
    const host = remoteAddress.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    const parsed = parseAddress(host);
    if (parsed === null) return undefined;
    return this.#networks.find(({ address, width, prefixLength }) => {
      const rest = BigInt(width - prefixLength);
      return width === parsed.width &&
        address >> rest === parsed.address >> rest;
    })?.line;
  }
}

function parseNetwork(text: string, line: number): Network | null {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const parsed = match && parseAddress(match[1]);
  if (match === null || parsed === null) return null;
  const { width } = parsed;
  // Bits of an IPv6 address are counted also where it stands for an IPv4 one.
  const extra = match[1].includes(":") && width === 32 ? MAPPED_BITS : 0;
  const prefixLength = match[2] === undefined
    ? width
    : Number(match[2]) - extra;
  return prefixLength >= 0 && prefixLength <= width
    ? { ...parsed, prefixLength, line }
    : null;
}

/** An IPv4 address that is written as an IPv6 one counts as the former. */
function parseAddress(
  text: string,
): { address: bigint; width: number } | null {
  const plain = text.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "")
    .replace(/%.*$/, "");
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(plain)) {
    const bytes = plain.split(".").map(Number);
    if (bytes.some((byte) => byte > 255)) return null;
    const address = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return { address, width: 32 };
  }
  const halves = plain.split("::");
  if (!plain.includes(":") || halves.length > 2) return null;
  const [head, tail = []] = halves.map((half) =>
    half === "" ? [] : half.split(":")
  );
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array(missing).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null;
  const address = groups.reduce(
    (sum, group) => sum * 65_536n + BigInt(`0x${group}`),
    0n,
  );
  // As a proxy may write it: ::ffff:c633:6407.
  return address >> 32n === 0xffffn
    ? { address: address & 0xffff_ffffn, width: 32 }
    : { address, width: 128 };
}
