import fc from "fast-check";
import {
  HttpError,
  readRequestHead,
} from "../../src/transport/http/request_head.ts";
import { assert, assertEquals, assertThrows } from "../_assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function read(text: string) {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return readRequestHead(bytes, 0, bytes.length);
}

const REQUEST = "GET /mqtt?a=b HTTP/1.1\r\nHost: broker.test\r\n" +
  "X-Tag:one\r\nx-tag:  two \r\n\r\n";

test("a request is read, with names in lower case and values joined", () => {
  const head = read(`${REQUEST}rest`);
  assertEquals(head?.method, "GET");
  assertEquals(head?.path, "/mqtt");
  assertEquals([...head!.headers], [
    ["host", "broker.test"],
    ["x-tag", "one, two"],
  ]);
  assertEquals(head?.end, REQUEST.length);
});

test("a request is incomplete until its empty line has come", () => {
  for (let length = 0; length < REQUEST.length; length++) {
    assertEquals(read(REQUEST.slice(0, length)), null);
  }
});

const host = "Host: a\r\n";
const ROWS: readonly [name: string, request: string, status: number][] = [
  ["no request line", "\r\n\r\n", 400],
  ["no version", `GET /\r\n${host}\r\n`, 400],
  ["another protocol", `GET / MQTT/5.0\r\n${host}\r\n`, 400],
  ["a space too much", `GET  / HTTP/1.1\r\n${host}\r\n`, 400],
  ["a target that is no path", `GET a HTTP/1.1\r\n${host}\r\n`, 400],
  ["a method that is no token", `G(T / HTTP/1.1\r\n${host}\r\n`, 400],
  ["HTTP/1.0", `GET / HTTP/1.0\r\n${host}\r\n`, 505],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["a header without colon", `GET / HTTP/1.1\r\n${host}oops\r\n\r\n`, 400],
  ["a header without name", `GET / HTTP/1.1\r\n${host}: b\r\n\r\n`, 400],
  ["a folded header", `GET / HTTP/1.1\r\n${host} b: c\r\n\r\n`, 400],
  ["a space before the colon", `GET / HTTP/1.1\r\nHost : a\r\n\r\n`, 400],
  ["101 headers", `GET / HTTP/1.1\r\n${host.repeat(101)}\r\n`, 431],
  ["a head of 9 KiB", `GET /${"a".repeat(9_216)}`, 431],
];

for (const [name, request, status] of ROWS) {
  test(`${name} is answered with ${status}`, () => {
    const error = assertThrows(() => read(request), HttpError);
    assertEquals(error.status, status);
  });
}

test("random bytes raise only HttpError", () => {
  const piece = fc.constantFrom(
    ...[
      "GET",
      " ",
      "/",
      "HTTP/1.1",
      "\r\n",
      "\r",
      "\n",
      ":",
      "Host",
      "\0",
      "é",
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        read(`${pieces.join("")}\r\n\r\n`);
      } catch (error) {
        assert(error instanceof HttpError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
