import {
  bundleForBrowsers,
  clientEntryPoint,
  gzippedBytes,
} from "../../src/client/bundle.ts";
import { assert, assertEquals, assertMatch } from "../_assert.ts";
import { outputOf } from "../interop/_child.ts";
import { startBroker } from "./_server.ts";

const MAXIMUM_BYTES = 20_000;
/** The first version of Node.js that has a WebSocket. */
const NODE_VERSION = 22;

let bundle = "";

Deno.test.beforeAll(async () => {
  bundle = await bundleForBrowsers(clientEntryPoint);
});

Deno.test(`the bundle is at most ${MAXIMUM_BYTES} bytes when it is compressed`, () => {
  const sizeBytes = gzippedBytes(bundle);
  assert(sizeBytes <= MAXIMUM_BYTES, `it has ${sizeBytes} bytes`);
});

Deno.test("the bundle is one module, without anything of Deno or of the broker", () => {
  assertEquals(/\bDeno\b|\bnode:|\bimport\b/.exec(bundle), null);
  assertMatch(bundle, /export\s*\{[^}]*\bconnect\b[^}]*\};?\s*$/);
});

Deno.test("the bundle publishes and receives over the WebSocket of the platform", async () => {
  await using broker = await startBroker("ws");
  const { connect } = await import(toUrl(bundle));
  const client = await connect(broker.url);
  const messages = client.messages("a/+");
  await client.subscribe("a/+", { qos: 2 });
  for (const qos of [0, 1, 2]) {
    await client.publish(`a/${qos}`, `payload ${qos}`, { qos });
    const { value } = await messages.next();
    assertEquals(
      [value.topicName, value.text(), value.qos],
      [`a/${qos}`, `payload ${qos}`, qos],
    );
  }
  await client.close();
});

const whyNoNode = nodeVersion() >= NODE_VERSION
  ? null
  : `Node.js ${NODE_VERSION} or later is not installed`;

Deno.test({
  name: "the bundle runs in Node.js, and its process ends" +
    (whyNoNode === null ? "" : ` (skipped: ${whyNoNode})`),
  ignore: whyNoNode !== null,
  async fn() {
    await using broker = await startBroker("ws");
    const program = `
      const { connect } = await import(${JSON.stringify(toUrl(bundle))});
      const client = await connect("${broker.url}");
      const messages = client.messages();
      await client.subscribe("a", { qos: 1 });
      await client.publish("a", "from Node.js", { qos: 1 });
      console.log((await messages.next()).value.text());
      await client.close();`;
    const { code, stdout, stderr } = await new Deno.Command("node", {
      args: ["--input-type=module", "--eval", program],
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(new TextDecoder().decode(stdout), "from Node.js\n");
    assertEquals(code, 0);
  },
});

function nodeVersion(): number {
  const version = outputOf("node", ["--version"]) ?? "";
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
}

function toUrl(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}
