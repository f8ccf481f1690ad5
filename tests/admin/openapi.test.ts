import fc from "fast-check";
import { assert, assertEquals } from "../_assert.ts";
import { connect } from "../../src/client/mod.ts";
import { type Document, type FuzzRequest, OpenApi } from "./_openapi.ts";
import { makeLogger } from "../_logger.ts";
import { type Given, withServer } from "./_server.ts";

/** Texts that name a client, a session, a topic, or a topic that has none. */
const KNOWN = ["one", "a/ö", "away", "a/b", "t\u0001", "a/#", "."];

async function readDocument({ request }: Given): Promise<Document> {
  const response = await request("/api/v1/openapi.json");
  return await response.json();
}

/** Sends `fuzz`; of a stream only the head is awaited. */
async function send(
  { request }: Given,
  { method, target, body, accept }: FuzzRequest,
) {
  const response = await request(target, {
    method: method.toUpperCase(),
    headers: { accept, ...body !== null && { "content-type": body.type } },
    body: body?.text,
  });
  const { status } = response;
  const type = response.headers.get("content-type") ?? "";
  if (type !== "text/event-stream") {
    return { status, type, text: await response.text() };
  }
  await response.body?.cancel();
  return { status, type, text: "" };
}

Deno.test("Whatever is sent, the answer is as the OpenAPI document says", async () => {
  await withServer(async (given) => {
    const url = `mqtt://127.0.0.1:${given.mqttPort}`;
    const openApi = new OpenApi(await readDocument(given));
    // Whoever is kicked or whose session is ended comes back.
    const populate = async () => {
      const clients = [];
      for (const clientIdentifier of ["one", "a/ö", "away"]) {
        const client = await connect(url, {
          clientIdentifier,
          cleanStart: false,
          sessionExpiryIntervalSeconds: 60,
          reconnect: false,
        });
        await client.subscribe(["a/+", "$share/g/#"]);
        await client.publish("a/b", "x", { isRetained: true, qos: 1 });
        clients.push(client);
      }
      await clients.pop()!.close();
      return clients;
    };
    let clients = await populate();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(openApi.requests(KNOWN), async (fuzz) => {
        if (++count % 100 === 0) {
          for (const client of clients) await client.close();
          clients = await populate();
        }
        const answer = await send(given, fuzz);
        const fault = openApi.findFault(fuzz, answer);
        assertEquals(fault, null, `${fuzz.method} ${fuzz.target}`);
      }),
      { numRuns: 700 },
    );
    for (const client of clients) await client.close();
  });
});

/** One good request to every operation, in an order in which all of them work. */
const GOOD: readonly (readonly [
  method: string,
  path: string,
  value?: string,
])[] = [
  ["get", "/api/v1/clients"],
  ["get", "/api/v1/clients/{client_id}", "a/ö"],
  ["get", "/api/v1/sessions"],
  ["get", "/api/v1/sessions/{client_id}", "a/ö"],
  ["get", "/api/v1/subscriptions"],
  ["post", "/api/v1/publish"],
  ["get", "/api/v1/retained"],
  ["get", "/api/v1/retained/{topic}", "a/b"],
  ["get", "/api/v1/topics/{topic}", "a/b"],
  ["delete", "/api/v1/retained/{topic}", "a/b"],
  ["delete", "/api/v1/clients/{client_id}", "a/ö"],
  ["delete", "/api/v1/sessions/{client_id}", "a/ö"],
  ["get", "/api/v1/listeners"],
  ["get", "/api/v1/plugins"],
  ["get", "/api/v1/overview"],
  ["get", "/api/v1/history"],
  ["get", "/api/v1/drops"],
  ["get", "/api/v1/config"],
  ["post", "/api/v1/reload"],
  ["get", "/api/v1/log"],
  ["get", "/api/v1/log/lines"],
  ["put", "/api/v1/log"],
  ["get", "/api/v1/log/tail"],
];

const BODIES: Readonly<Record<string, unknown>> = {
  "post /api/v1/publish": { topic: "a/b", payload: "1", retain: true },
  "put /api/v1/log": {
    level: "debug",
    filters: [{ client_id: "a/ö", seconds: 60 }],
  },
};

Deno.test("Every operation of the document answers a good request as it says", async () => {
  await withServer(async (given) => {
    const openApi = new OpenApi(await readDocument(given));
    await using client = await connect(`mqtt://127.0.0.1:${given.mqttPort}`, {
      clientIdentifier: "a/ö",
      sessionExpiryIntervalSeconds: 60,
      reconnect: false,
    });
    await client.subscribe("#");
    const left = new Set(openApi.operations().map((each) => each.join(" ")));
    for (const [method, path, value = ""] of GOOD) {
      const target = path.replace(/{\w+}/, () => encodeURIComponent(value));
      const json = BODIES[`${method} ${path}`];
      const body = json === undefined
        ? null
        : { type: "application/json", text: JSON.stringify(json) };
      const fuzz = { path, method, target, body, accept: "*/*" };
      const answer = await send(given, fuzz);
      assert(answer.status < 300, `${method} ${path}: ${answer.text}`);
      assertEquals(openApi.findFault(fuzz, answer), null);
      left.delete(`${path} ${method}`);
    }
    assertEquals([...left], []);
  }, { logControl: makeLogger().logger });
});

Deno.test("Every other method is refused, with those that there are", async () => {
  await withServer(async (given) => {
    const { paths } = await readDocument(given);
    for (const [path, item] of Object.entries(paths)) {
      for (const method of ["get", "post", "put", "patch", "delete"]) {
        if (method in item) continue;
        const target = path.replaceAll(/{\w+}/g, "x");
        const response = await given.request(target, {
          method: method.toUpperCase(),
        });
        assertEquals(response.status, 405, `${method} ${path}`);
        assertEquals(
          response.headers.get("allow"),
          Object.keys(item).map((name) => name.toUpperCase()).join(", "),
        );
        await response.body?.cancel();
      }
    }
  });
});

Deno.test("A checker that looks away would be noticed", async () => {
  await withServer(async (given) => {
    const openApi = new OpenApi(await readDocument(given));
    const operation = { path: "/api/v1/clients", method: "get" };
    const type = "application/json";
    const page = { items: [], next_cursor: null, total: 0 };
    const fault = (
      answer: Partial<{ status: number; type: string; text: string }>,
    ) =>
      openApi.findFault(operation, {
        status: 200,
        type,
        text: JSON.stringify(page),
        ...answer,
      });
    assertEquals(fault({}), null);
    assert(fault({ text: JSON.stringify({ ...page, total: "0" }) }) !== null);
    assert(fault({ text: JSON.stringify({ ...page, items: [{}] }) }) !== null);
    assert(fault({ type: "text/plain" }) !== null);
    assert(fault({ status: 500, type: "application/problem+json" }) !== null);
    assert(
      fault({
        status: 404,
        type: "application/problem+json",
        text: '{"title":"x"}',
      }) !== null,
    );
  });
});
