import { assert, assertEquals, assertMatch } from "../_assert.ts";
import { Arrival } from "../../src/transport/arrival.ts";
import {
  HttpConnection,
  type HttpHandler,
} from "../../src/transport/http/http_connection.ts";
import { readRequest } from "../../src/transport/http/read_request.ts";
import { MemoryStream } from "./_memory_stream.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** A connection on which `first` has come, served by `handler`. */
async function given(first: string, handler: HttpHandler) {
  const stream = new MemoryStream();
  const arrival = new Arrival(stream);
  stream.receive(encode(first));
  const head = await readRequest(arrival);
  const connection = new HttpConnection(arrival, head, {
    handler,
    maximumBodyBytes: 10,
    isSecure: false,
  });
  return {
    stream,
    connection,
    serving: connection.serve(),
    written: () =>
      stream.written.map((bytes) => new TextDecoder().decode(bytes)),
  };
}

const echo: HttpHandler = async (request) => {
  const { pathname, search } = new URL(request.url);
  return new Response(
    `${request.method} ${pathname}${search} ${await request.text()}`,
  );
};

const POST = "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: ";

Deno.test("Requests on one connection are answered in turn, each with one write", async () => {
  const { stream, serving, written } = await given(
    `${POST}4\r\n\r\nda`,
    echo,
  );
  stream.receive(encode("taGET /d HTTP/1.1\r\nHost: x\r\n\r\n"));
  await stream.until(() => stream.written.length === 2);
  stream.end();
  await serving;
  assertEquals(written(), [
    "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\n" +
    "content-length: 16\r\ncontent-type: text/plain;charset=UTF-8\r\n\r\n" +
    "POST /a?b=c data",
    "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\n" +
    "content-length: 7\r\ncontent-type: text/plain;charset=UTF-8\r\n\r\n" +
    "GET /d ",
  ]);
});

const REFUSED: readonly [name: string, request: string, status: number][] = [
  ["A body longer than the bound", `${POST}11\r\n\r\n`, 413],
  ["A length that is no number", `${POST}1a\r\n\r\n`, 400],
  ["Two lengths", `${POST}1\r\nContent-Length: 1\r\n\r\n`, 400],
  [
    "A body without length",
    `${POST}1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    411,
  ],
  ["A host that is none", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ["TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 501],
];

for (const [name, request, status] of REFUSED) {
  Deno.test(`${name} is answered with ${status}, and the connection ends`, async () => {
    const { stream, serving, written } = await given(request, echo);
    stream.end();
    await serving;
    assertEquals(written().length, 1);
    assertMatch(written()[0], new RegExp(`^HTTP/1.1 ${status} `));
    assert(stream.isClosed);
  });
}

Deno.test("A client that asks whether to send its body is told to", async () => {
  const { stream, serving, written } = await given(
    `${POST}1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    echo,
  );
  await stream.until(() => stream.written.length === 1);
  assertEquals(written(), ["HTTP/1.1 100 Continue\r\n\r\n"]);
  stream.receive(encode("z"));
  stream.end();
  await serving;
  assertMatch(written()[1], /connection: close\r\n[^]*POST \/a\?b=c z$/);
});

Deno.test("HEAD gets the head of what GET would get", async () => {
  const { stream, serving, written } = await given(
    "HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    echo,
  );
  stream.end();
  await serving;
  assertMatch(written()[0], /content-length: 10\r\n[^]*\r\n\r\n$/);
});

/** Events that the test sends, and whether anybody still wants them. */
function events() {
  const seen = { isCancelled: false, isAborted: false };
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => void (seen.isCancelled = true),
  });
  const handler: HttpHandler = ({ signal }) => {
    signal.addEventListener("abort", () => seen.isAborted = true);
    return new Response(body, {
      headers: { "content-type": "text/event-stream" },
    });
  };
  return {
    seen,
    handler,
    send: (text: string) => controller.enqueue(encode(text)),
    close: () => controller.close(),
  };
}

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Deno.test("A stream of events goes out as it comes", async () => {
  const { handler, send, close } = events();
  const { stream, serving, written } = await given(GET, handler);
  await stream.until(() => stream.written.length === 1);
  assertMatch(written()[0], /transfer-encoding: chunked/);
  send("data: 1\n\n");
  await stream.until(() => stream.written.length === 2);
  assertEquals(written()[1], "9\r\ndata: 1\n\n\r\n");
  close();
  await stream.until(() => stream.written.length === 3);
  assertEquals(written()[2], "0\r\n\r\n");
  stream.end();
  await serving;
});

Deno.test("A stream of events ends when the client goes", async () => {
  const { seen, handler } = events();
  const { stream, serving } = await given(GET, handler);
  await stream.until(() => stream.written.length === 1);
  stream.end();
  await serving;
  assertEquals(seen, { isCancelled: true, isAborted: true });
});

Deno.test("Closing ends the streams, and connections that rest", async () => {
  const { seen, handler } = events();
  const streaming = await given(GET, handler);
  await streaming.stream.until(() => streaming.stream.written.length === 1);
  streaming.connection.close();
  await streaming.stream.until(() => streaming.stream.written.length === 2);
  streaming.stream.end();
  await streaming.serving;
  assertEquals(seen.isAborted, true);
  const resting = await given(GET, echo);
  await resting.stream.until(() => resting.stream.written.length === 1);
  await Promise.resolve();
  resting.connection.close();
  await resting.serving;
  assert(resting.stream.isClosed);
});

Deno.test("A stream of events that fails ends the connection, and nothing else", async () => {
  const failing = new ReadableStream<Uint8Array>({
    pull: () => Promise.reject(new Error("no more")),
  });
  const { stream, serving } = await given(
    GET,
    () =>
      new Response(failing, {
        headers: { "content-type": "text/event-stream" },
      }),
  );
  await serving;
  assert(stream.isClosed);
});

Deno.test("A stream of events is given up if not even its head can be written", async () => {
  const { seen, handler } = events();
  const gone: HttpHandler = (request, peer) => {
    stream.close();
    return handler(request, peer);
  };
  const { stream, serving } = await given(GET, (...args) => gone(...args));
  await serving;
  assertEquals(seen.isCancelled, true);
});
