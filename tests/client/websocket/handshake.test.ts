import { openWebSocket } from "../../../src/client/websocket/handshake.ts";
import { ReadWindow } from "../../../src/transport/read_window.ts";
import { assert, assertEquals, assertRejects } from "../../_assert.ts";
import { MemoryStream } from "../../transport/_memory_stream.ts";

const URL_WITH_QUERY = new URL("ws://broker.test:8083/mqtt?token=1");

/** What a server says about the key `request` has, by RFC 6455, section 4.2.2. */
async function acceptFor(request: string): Promise<string> {
  const key = /^Sec-WebSocket-Key: (\S+)$/m.exec(request)![1];
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
  );
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** Opens a WebSocket at a server that answers with `reply`. */
async function open(
  reply: (accept: string) => readonly string[],
): Promise<{ readonly request: string; readonly window: ReadWindow }> {
  const below = new MemoryStream();
  const window = new ReadWindow();
  const opening = openWebSocket(below, window, URL_WITH_QUERY);
  await below.until(() => below.written.length > 0);
  const request = new TextDecoder().decode(below.written[0]);
  for (const text of reply(await acceptFor(request))) {
    below.receive(new TextEncoder().encode(text));
  }
  below.end();
  await opening;
  return { request, window };
}

function headOf(accept: string, protocol = "mqtt"): string {
  return [
    "HTTP/1.1 101 Switching Protocols",
    "upgrade: websocket",
    "Connection:Upgrade",
    `sec-websocket-accept:   ${accept}`,
    `SEC-WEBSOCKET-PROTOCOL: ${protocol}`,
  ].map((line) => `${line}\r\n`).join("") + "\r\n";
}

Deno.test("the request asks for mqtt at the path of the URL [MQTT-6.0.0-3]", async () => {
  const { request } = await open((accept) => [headOf(accept)]);
  const [line, ...headers] = request.trimEnd().split("\r\n");
  assertEquals(line, "GET /mqtt?token=1 HTTP/1.1");
  const key = headers.find((header) => header.startsWith("Sec-WebSocket-Key"))!;
  assertEquals(atob(key.split(": ")[1]).length, 16);
  assertEquals(
    new Set(headers.filter((header) => header !== key)),
    new Set([
      "Host: broker.test:8083",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: mqtt",
    ]),
  );
});

Deno.test("the answer may be cut anywhere, and what follows it is kept", async () => {
  const { window } = await open((accept) => [
    ...headOf(accept),
    ..."frames",
  ]);
  assertEquals(window.end - window.start, 0);
  const { window: filled } = await open((accept) => [
    `${headOf(accept)}frames`,
  ]);
  const { bytes, start, end } = filled;
  assertEquals(new TextDecoder().decode(bytes.subarray(start, end)), "frames");
});

for (
  const [fault, message, reply] of [
    [
      "another status",
      'the server answers "HTTP/1.1 404 Not Found"',
      () => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ],
    [
      "the answer to another key",
      "the server's handshake is not that of a WebSocket",
      () => headOf("AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ],
    [
      "another subprotocol",
      "the server does not speak mqtt",
      (accept: string) => headOf(accept, "chat"),
    ],
    [
      "the end of the connection",
      "the server has closed the connection",
      () => "HTTP/1.1 101",
    ],
    [
      "more than 16 KiB of head",
      "the head of the server's answer is too long",
      () => `HTTP/1.1 101 OK\r\nX: ${"x".repeat(17_000)}`,
    ],
  ] as const
) {
  Deno.test(`${fault} is no WebSocket`, async () => {
    const error = await assertRejects(
      () => open((accept) => [reply(accept)]),
      Error,
    );
    assert(error instanceof Error);
    assertEquals(error.message, message);
  });
}
