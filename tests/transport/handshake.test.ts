import { HttpError } from "../../src/transport/http/request_head.ts";
import {
  acceptWebSocket,
  type WebSocketOptions,
} from "../../src/transport/websocket/handshake.ts";
import { assertEquals, assertRejects } from "../_assert.ts";

const HEADERS: Readonly<Record<string, string>> = {
  "host": "broker.test",
  "upgrade": "websocket",
  "connection": "keep-alive, Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
  "sec-websocket-protocol": "mqtt",
};

const OPTIONS: WebSocketOptions = { path: "/mqtt", allowedOrigins: null };

interface Given {
  readonly method?: string;
  readonly path?: string;
  /** Over the headers of a good request; `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

function accept(
  { method = "GET", path = "/mqtt", headers = {} }: Given,
  options: Partial<WebSocketOptions> = {},
): Promise<Record<string, string>> {
  const all = Object.entries({ ...HEADERS, ...headers })
    .filter((entry): entry is [string, string] => entry[1] !== undefined);
  return acceptWebSocket(
    { method, target: path, path, headers: new Map(all), end: 0 },
    { ...OPTIONS, ...options },
  );
}

Deno.test("the key of RFC 6455 gets the answer of RFC 6455", async () => {
  const answer = await accept({});
  assertEquals(answer["Sec-WebSocket-Accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

const SUBPROTOCOLS: readonly [offered: string, selected: string][] = [
  ["mqtt", "mqtt"],
  ["mqttv3.1", "mqttv3.1"],
  ["mqttv3.1,mqtt", "mqtt"],
  ["chat , mqttv3.1", "mqttv3.1"],
];

for (const [offered, selected] of SUBPROTOCOLS) {
  Deno.test(`of "${offered}", ${selected} is selected [MQTT-6.0.0-4]`, async () => {
    const answer = await accept({
      headers: { "sec-websocket-protocol": offered },
    });
    assertEquals(answer["Sec-WebSocket-Protocol"], selected);
  });
}

const REFUSALS: readonly [name: string, given: Given, status: number][] = [
  ["another path", { path: "/" }, 404],
  ["POST", { method: "POST" }, 405],
  ["no upgrade", { headers: { upgrade: undefined } }, 426],
  ["an upgrade to something else", { headers: { upgrade: "h2c" } }, 426],
  ["no Upgrade in Connection", { headers: { connection: "close" } }, 426],
  ["version 8", { headers: { "sec-websocket-version": "8" } }, 426],
  ["no key", { headers: { "sec-websocket-key": undefined } }, 400],
  ["a key of 15 bytes", {
    headers: { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAA" },
  }, 400],
  ["no subprotocol", { headers: { "sec-websocket-protocol": undefined } }, 400],
  ["a subprotocol that is not MQTT", {
    headers: { "sec-websocket-protocol": "chat, MQTT" },
  }, 400],
];

for (const [name, given, status] of REFUSALS) {
  Deno.test(`${name} is refused with ${status}`, async () => {
    const error = await assertRejects(() => accept(given), HttpError);
    assertEquals(error.status, status);
  });
}

Deno.test("a web page of another origin is refused with 403", async () => {
  const allowedOrigins = ["https://a.example"];
  const from = (origin?: string) =>
    accept({ headers: { origin } }, { allowedOrigins });
  await from("https://a.example");
  await from("https://A.example");
  await from(undefined);
  for (const origin of ["https://b.example", "http://a.example", "null"]) {
    const error = await assertRejects(() => from(origin), HttpError);
    assertEquals(error.status, 403, origin);
  }
});

Deno.test("any origin is let in where none is listed", async () => {
  await accept({ headers: { origin: "https://b.example" } });
});
