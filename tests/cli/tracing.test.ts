import { connect } from "../../src/client/mod.ts";
import { inheritedEnvironment, PROGRAM } from "../_program.ts";
import { assert, assertEquals } from "../_assert.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

/** As OTLP has it in JSON. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, unknown>>;
  }[];
}

/** Takes spans as a collector does. */
class Receiver implements AsyncDisposable {
  readonly spans: Span[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const body = await request.json();
        for (const { scopeSpans } of body.resourceSpans ?? []) {
          for (const { scope, spans } of scopeSpans) {
            if (scope.name === "rqtt") this.spans.push(...spans);
          }
        }
        return Response.json({});
      },
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Those of a trace, each as `parent > name`. */
  tree(traceId: string): string[] {
    const spans = this.spans.filter((span) => span.traceId === traceId);
    const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
    return spans.map(({ parentSpanId, name }) =>
      `${names.get(parentSpanId) ?? parentSpanId} > ${name}`
    ).sort();
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
  }
}

/** Runs the real program, and stops it when `use` is done. */
async function withProgram(
  environment: Readonly<Record<string, string>>,
  use: (port: number) => Promise<void>,
): Promise<string> {
  const [command, ...before] = PROGRAM;
  const child = new Deno.Command(command, {
    args: [...before, "--port", "0"],
    clearEnv: true,
    env: { ...inheritedEnvironment(), NO_COLOR: "1", ...environment },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let log = "";
  let match: RegExpExecArray | null = null;
  while (match === null) {
    const { done, value } = await lines.read();
    if (done) throw new Error(`Cannot start: ${log}`);
    log += value;
    match = /listening on 127\.0\.0\.1:(\d+)\n/.exec(log);
  }
  await use(Number(match[1]));
  child.kill("SIGTERM");
  for (;;) {
    const { done, value } = await lines.read();
    if (done) break;
    log += value;
  }
  assertEquals((await child.status).code, 0);
  return log;
}

/** Compiled, it has the exporter only if it was compiled with it. */
const isCompiled = PROGRAM.length === 1;

Deno.test({
  name: "the real program exports what happens to a message below its trace",
  ignore: isCompiled,
  async fn() {
    await using receiver = new Receiver();
    const directory = await Deno.makeTempDir();
    await withProgram({
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      RQTT_TRACING_ENABLED: "true",
      RQTT_TRACING_SAMPLE_RATIO: "0",
      RQTT_PERSISTENCE_PATH: `${directory}/store.db`,
    }, async (port) => {
      await using client = await connect(`mqtt://127.0.0.1:${port}`, {
        clientIdentifier: "traced",
        sessionExpiryIntervalSeconds: 60,
        userProperties: [["traceparent", TRACEPARENT.replace("4bf", "5bf")]],
        reconnect: false,
      });
      using messages = client.messages("a/#");
      await client.subscribe("a/#", { qos: 1 });
      const userProperties: [string, string][] = [
        ["traceparent", TRACEPARENT],
        ["tracestate", "vendor=1"],
      ];
      await client.publish("a/b", "x", {
        qos: 1,
        properties: { userProperties },
      });
      await client.publish("a/c", "not traced");
      for await (const { properties } of messages) {
        // What the receiver goes on with is what the publisher has sent.
        assertEquals(properties.userProperties, userProperties);
        break;
      }
    });
    await Deno.remove(directory, { recursive: true });
    assertEquals(receiver.tree(TRACE), [
      `${PARENT} > publish`,
      "publish > authorize",
      "publish > deliver",
      "publish > route",
      "publish > store",
    ]);
    assertEquals(receiver.tree(TRACE.replace("4bf", "5bf")), [
      `${PARENT} > connect`,
      "connect > authorize",
    ]);
    assertEquals(receiver.spans.length, 7);
    const publish = receiver.spans.find(({ name }) => name === "publish")!;
    const attributes = Object.fromEntries(
      publish.attributes.map(({ key, value }) => [
        key,
        String(Object.values(value)[0]),
      ]),
    );
    assertEquals(attributes, {
      "messaging.system": "mqtt",
      "messaging.client.id": "traced",
      "messaging.destination.name": "a/b",
      "rqtt.qos": "1",
      "rqtt.reason_code": "0",
      "rqtt.receivers": "1",
    });
  },
});

Deno.test({
  name: "of packets without trace context as many are traced as is configured",
  ignore: isCompiled,
  async fn() {
    await using receiver = new Receiver();
    await withProgram({
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      RQTT_TRACING_ENABLED: "true",
      RQTT_TRACING_SAMPLE_RATIO: "1",
    }, async (port) => {
      await using client = await connect(`mqtt://127.0.0.1:${port}`, {
        clientIdentifier: "traced",
        reconnect: false,
      });
      await client.publish("a", "x", { qos: 1 });
      await client.publish("a", "x", {
        qos: 1,
        properties: {
          userProperties: [["traceparent", TRACEPARENT.replace(/1$/, "0")]],
        },
      });
    });
    const roots = receiver.spans.filter(({ parentSpanId }) => !parentSpanId);
    assertEquals(roots.map(({ name }) => name).sort(), ["connect", "publish"]);
    assertEquals(receiver.tree(TRACE), []);
  },
});

Deno.test("whoever traces without an exporter is told", async () => {
  const log = await withProgram(
    { RQTT_TRACING_ENABLED: "true" },
    () => Promise.resolve(),
  );
  assert(log.includes("traces go nowhere"), log);
});
