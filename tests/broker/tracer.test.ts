import type {
  Connection,
  Trace,
  Tracer,
  TraceStep,
} from "../../src/broker/mod.ts";
import { ReasonCode } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { GatedStore, LASTING } from "./_gated_store.ts";
import {
  brokerTest,
  connectPacket,
  subscribePacket,
  type TestBroker,
} from "./_harness.ts";

/** Writes down each trace as one line, once it is over. */
class RecordingTracer implements Tracer {
  readonly traces: string[] = [];

  traceConnect(connection: Connection): Trace {
    return this.#start(`connect ${connection.clientIdentifier}`);
  }

  tracePublish(connection: Connection): Trace {
    return this.#start(`publish ${connection.clientIdentifier}`);
  }

  /** What is over since the last time. */
  take(): string[] {
    return this.traces.splice(0);
  }

  #start(name: string): Trace {
    const steps: (TraceStep | null)[] = [];
    return {
      step: (step) => void steps.push(step),
      end: (reasonCode, receiverCount) => {
        const code = `0x${reasonCode.toString(16)}`;
        const words = [name, ...steps.map(String), code, receiverCount];
        this.traces.push(words.join(" "));
      },
    };
  }
}

function tracerTest(
  name: string,
  fn: (given: {
    test: TestBroker;
    tracer: RecordingTracer;
    store: GatedStore;
  }) => void | Promise<void>,
  isStored = false,
): void {
  const tracer = new RecordingTracer();
  const store = new GatedStore();
  brokerTest(name, async (test) => {
    if (isStored) await test.broker.start();
    await fn({ test, tracer, store });
  }, { tracer, ...isStored && { store } });
}

tracerTest("a CONNECT is traced until CONNACK", ({ test, tracer }) => {
  test.connect("a");
  assertEquals(tracer.take(), ["connect a authorize null 0x0 -1"]);
  test.authorizer.authentication = {
    reasonCode: ReasonCode.notAuthorized,
  };
  test.open().send(connectPacket("b"));
  assertEquals(tracer.take(), ["connect b authorize 0x87 -1"]);
});

tracerTest(
  "a CONNECT that is given up while it waits is traced until then",
  async ({ test, tracer }) => {
    test.authorizer.authentication = null;
    const client = test.open();
    client.send(connectPacket("a"));
    assertEquals(tracer.take(), []);
    client.drop();
    assertEquals(tracer.take().length, 1);
    test.authorizer.answerClients({ reasonCode: 0 });
    await test.settle();
    assertEquals(tracer.take(), []);
  },
);

tracerTest(
  "a PUBLISH is traced through its steps, with how many have taken it",
  ({ test, tracer }) => {
    const client = test.connect("a");
    client.subscribe("t");
    tracer.take();
    client.publish("t", "x");
    client.publish("u", "x", { qos: 1 });
    test.authorizer.rule("publish", "v", false);
    client.publish("v", "x", { qos: 2 });
    assertEquals(tracer.take(), [
      "publish a route authorize deliver 0x0 1",
      "publish a route authorize deliver 0x10 0",
      "publish a route authorize 0x87 0",
    ]);
    client.take();
  },
);

tracerTest(
  "a PUBLISH that waits for a decision has one trace",
  async ({ test, tracer }) => {
    const client = test.connect("a");
    tracer.take();
    test.authorizer.rule("publish", "t", null);
    client.publish("t", "x");
    assertEquals(tracer.take(), []);
    test.authorizer.rule("publish", "t", true);
    test.authorizer.answerQuestions();
    await test.settle();
    assertEquals(tracer.take(), [
      "publish a route authorize route authorize deliver 0x0 0",
    ]);
  },
);

tracerTest(
  "a PUBLISH that has to be stored is traced until it is",
  ({ test, tracer, store }) => {
    const commit = () => {
      store.commit();
      test.tasks.run();
    };
    const client = test.open();
    client.send(connectPacket("a", LASTING));
    commit();
    client.send(subscribePacket(1, [{ topicFilter: "t", qos: 1 }]));
    commit();
    client.take();
    tracer.take();
    client.publish("t", "x", { qos: 1 });
    assertEquals(tracer.take(), []);
    commit();
    assertEquals(tracer.take(), [
      "publish a route authorize deliver store 0x0 1",
    ]);
  },
  true,
);
