import fc from "fast-check";
import { PeerError } from "../../src/transport/byte_stream.ts";
import { readProxyHeader } from "../../src/transport/proxy_protocol.ts";
import { assert, assertEquals, assertThrows } from "../_assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const CONNECT = Uint8Array.of(0x10, 0x0c);
const SIGNATURE = "0d0a0d0a000d0a515549540a";

function textBytes(line: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${line}\r\n`);
}

function hexBytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

const unixPaths = "00".repeat(216);

const GOOD: readonly [
  name: string,
  header: Uint8Array,
  sourceAddress: string | null,
][] = [
  [
    "version 1 over IPv4",
    textBytes("PROXY TCP4 203.0.113.7 192.0.2.1 56324 1883"),
    "203.0.113.7:56324",
  ],
  [
    "version 1 over IPv6",
    textBytes("PROXY TCP6 2001:db8::7 ::1 56324 1883"),
    "[2001:db8::7]:56324",
  ],
  [
    "version 1 over IPv6, from an IPv4 address",
    textBytes("PROXY TCP6 ::FFFF:203.0.113.7 ::1 56324 1883"),
    "203.0.113.7:56324",
  ],
  [
    "version 2 over IPv6, from an IPv4 address",
    hexBytes(
      `${SIGNATURE} 21 21 0024 00000000000000000000ffffcb007107 ` +
        "00000000000000000000000000000001 dc04 075b",
    ),
    "203.0.113.7:56324",
  ],
  [
    "the longest line of version 1",
    textBytes(
      `PROXY UNKNOWN ${"f".repeat(39)} ${"f".repeat(39)} 65535 65535`,
    ),
    null,
  ],
  ["version 1 that knows nothing", textBytes("PROXY UNKNOWN"), null],
  [
    "version 2 over IPv4",
    hexBytes(`${SIGNATURE} 21 11 000c cb007107 c0000201 dc04 075b`),
    "203.0.113.7:56324",
  ],
  [
    "version 2 over IPv6",
    hexBytes(
      `${SIGNATURE} 21 21 0024 20010db8000000000000000000000007 ` +
        "00000000000000000000000000000001 dc04 075b",
    ),
    "[2001:db8::7]:56324",
  ],
  [
    "version 2 with extensions",
    hexBytes(
      `${SIGNATURE} 21 11 0011 cb007107 c0000201 dc04 075b 03 0002 ffff`,
    ),
    "203.0.113.7:56324",
  ],
  [
    "version 2 over a Unix socket",
    hexBytes(`${SIGNATURE} 21 31 00d8 ${unixPaths}`),
    "unix",
  ],
  ["version 2 of the proxy itself", hexBytes(`${SIGNATURE} 20 00 0000`), null],
  [
    "version 2 of the proxy itself, with addresses",
    hexBytes(`${SIGNATURE} 20 11 000c cb007107 c0000201 dc04 075b`),
    null,
  ],
  [
    "version 2 of an unknown family",
    hexBytes(`${SIGNATURE} 21 00 0003 010203`),
    null,
  ],
];

for (const [name, header, sourceAddress] of GOOD) {
  test(`${name} is read, and what follows is left alone`, () => {
    const bytes = Uint8Array.of(0xff, ...header, ...CONNECT);
    const end = 1 + header.length;
    assertEquals(readProxyHeader(bytes, 1, bytes.length), {
      sourceAddress,
      end,
    });
    for (let cut = 1; cut < end; cut++) {
      assertEquals(readProxyHeader(bytes, 1, cut), null, `cut at ${cut}`);
    }
  });
}

const BAD: readonly [name: string, header: Uint8Array][] = [
  ["MQTT", CONNECT],
  ["HTTP", textBytes("GET / HTTP/1.1")],
  ["almost version 1", textBytes("PROXI TCP4 1.2.3.4 1.2.3.4 1 1")],
  ["almost version 2", hexBytes("0d0a0d0a000d0a515549540b")],
  ["a family that does not exist", textBytes("PROXY UDP4 1.2.3.4 1.2.3.4 1 1")],
  [
    "IPv4 with a number too large",
    textBytes("PROXY TCP4 1.2.3.256 1.2.3.4 1 1"),
  ],
  ["IPv4 with five numbers", textBytes("PROXY TCP4 1.2.3.4.5 1.2.3.4 1 1")],
  ["IPv6 where IPv4 was said", textBytes("PROXY TCP4 ::1 1.2.3.4 1 1")],
  ["IPv4 where IPv6 was said", textBytes("PROXY TCP6 1.2.3.4 ::1 1 1")],
  ["IPv6 that is none", textBytes("PROXY TCP6 1::2::3 ::1 1 1")],
  ["a port too large", textBytes("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1")],
  ["a port missing", textBytes("PROXY TCP4 1.2.3.4 1.2.3.4 1")],
  ["two spaces", textBytes("PROXY TCP4  1.2.3.4 1.2.3.4 1 1")],
  ["no carriage return", new TextEncoder().encode("PROXY UNKNOWN\n")],
  ["a line without end", new TextEncoder().encode(`PROXY ${"a".repeat(101)}`)],
  ["version 3", hexBytes(`${SIGNATURE} 31 11 000c`)],
  ["command 2", hexBytes(`${SIGNATURE} 22 11 000c`)],
  ["a length of 4097", hexBytes(`${SIGNATURE} 21 11 1001`)],
  ["IPv4 cut short", hexBytes(`${SIGNATURE} 21 11 000b ${"00".repeat(11)}`)],
  ["IPv6 cut short", hexBytes(`${SIGNATURE} 21 21 0023 ${"00".repeat(35)}`)],
  ["Unix cut short", hexBytes(`${SIGNATURE} 21 31 00d7 ${"00".repeat(215)}`)],
  ["UDP", hexBytes(`${SIGNATURE} 21 12 000c ${"00".repeat(12)}`)],
];

for (const [name, header] of BAD) {
  test(`${name} is no header of the PROXY protocol`, () => {
    assertThrows(() => readProxyHeader(header, 0, header.length), PeerError);
  });
}

test("a header that cannot become one is refused before it is complete", () => {
  assertThrows(() => readProxyHeader(Uint8Array.of(0x10), 0, 1), PeerError);
  assertThrows(
    () => readProxyHeader(Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0b), 0, 4),
    PeerError,
  );
});

test("any two addresses are read back from version 2", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 65_535 }),
    (address, port) => {
      const header = Uint8Array.of(
        ...hexBytes(`${SIGNATURE} 21 11 000c`),
        ...address,
        ...[1, 2, 3, 4],
        ...[port >> 8, port & 0xff, 0, 0],
      );
      assertEquals(
        readProxyHeader(header, 0, header.length)?.sourceAddress,
        `${address.join(".")}:${port}`,
      );
    },
  ));
});

test("random bytes raise only PeerError", () => {
  const start = fc.constantFrom(
    ...GOOD.map(([, header]) => header),
    new Uint8Array(0),
  );
  fc.assert(
    fc.property(
      start,
      fc.nat(40),
      fc.uint8Array({ maxLength: 120 }),
      (start, kept, noise) => {
        const bytes = Uint8Array.of(...start.subarray(0, kept), ...noise);
        try {
          const header = readProxyHeader(bytes, 0, bytes.length);
          assert(header === null || header.end <= bytes.length);
        } catch (error) {
          assert(error instanceof PeerError, String(error));
        }
      },
    ),
    { numRuns: 5_000 },
  );
});
