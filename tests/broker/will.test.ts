import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  brokerTest,
  type ConnectFields,
  connectPacket,
  payloadOf,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** A client that sees every Will, and sees RETAIN as it was set. */
function watch(test: TestBroker): TestClient {
  const watcher = test.connect("watcher");
  watcher.subscribe({ topicFilter: "will", qos: 2, retainAsPublished: true });
  return watcher;
}

function withWill(
  willDelayInterval: number,
  sessionExpiryInterval: number,
): ConnectFields {
  return {
    properties: { sessionExpiryInterval },
    willMessage: { properties: { willDelayInterval } },
  };
}

brokerTest(
  "a Will is published when the connection is lost, not before " +
    "[MQTT-3.1.2-7] [MQTT-3.1.2-8] [MQTT-3.1.2-14]",
  (test) => {
    const watcher = watch(test);
    const client = test.connect("c", { willMessage: { qos: 1 } });
    assertEquals(watcher.take(), []);
    client.drop();
    const [will, ...others] = watcher.publishes();
    assertEquals(payloadOf(will), "gone");
    assertEquals([will.qos, will.isRetained], [1, false]);
    assertEquals(others, []);
  },
);

for (const protocolVersion of [3, 4, 5] as const) {
  brokerTest(
    `version ${protocolVersion}: DISCONNECT takes the Will away ` +
      "[MQTT-3.14.4-3] [MQTT-3.1.2-10]",
    (test) => {
      const watcher = watch(test);
      test.connect("c", { protocolVersion, willMessage: {} }).disconnect();
      test.advance(100_000);
      assertEquals(watcher.take(), []);
    },
  );
}

brokerTest(
  "DISCONNECT 0x04, and any other than 0x00, leaves the Will in force " +
    "[MQTT-3.14.4-3]",
  (test) => {
    const watcher = watch(test);
    for (const reasonCode of [0x04, 0x80]) {
      test.connect("c", { willMessage: {} }).disconnect(reasonCode);
      assertEquals(watcher.payloads(), ["gone"]);
    }
  },
);

brokerTest(
  "a Protocol Error publishes the Will [MQTT-3.1.2-8]",
  (test) => {
    const watcher = watch(test);
    const client = test.connect("c", { willMessage: {} });
    client.sendBytes(new Uint8Array([0x00, 0x00]));
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

brokerTest(
  "a Will is published once, although the session comes and goes " +
    "[MQTT-3.1.2-10]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(0, 100)).drop();
    assertEquals(watcher.payloads(), ["gone"]);
    const properties = { sessionExpiryInterval: 5 };
    test.connect("c", { cleanStart: false, properties }).drop();
    test.advance(10_000);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "a delayed Will is published when its delay has passed [MQTT-3.1.2-8]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(10, 100)).drop();
    test.advance(9_999);
    assertEquals(watcher.take(), []);
    test.advance(1);
    assertEquals(watcher.payloads(), ["gone"]);
    test.advance(200_000);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "a delayed Will is published when the session ends before that " +
    "[MQTT-3.1.2-8]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(100, 10)).drop();
    test.advance(9_999);
    assertEquals(watcher.take(), []);
    test.advance(1);
    assertEquals(watcher.payloads(), ["gone"]);
    assertEquals(test.broker.sessions.count, 1);
  },
);

brokerTest(
  "a delay does not hold the Will of a session that ends with its connection",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(100, 0)).drop();
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

brokerTest(
  "a client that is back before the delay has passed leaves no Will behind " +
    "[MQTT-3.1.3-9]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(10, 100)).drop();
    test.advance(9_999);
    test.connect("c", { cleanStart: false });
    test.advance(200_000);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "Clean Start ends the old session, so its delayed Will is published " +
    "[MQTT-3.1.3-9]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(10, 100)).drop();
    test.connect("c", { cleanStart: true });
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

brokerTest(
  "a takeover publishes a Will without delay [MQTT-3.1.4-3]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(0, 100));
    test.connect("c", { cleanStart: false });
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

brokerTest(
  "a takeover that goes on with the session leaves out a delayed Will " +
    "[MQTT-3.1.3-9]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(10, 100));
    test.connect("c", { cleanStart: false });
    test.advance(100_000);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "a takeover with Clean Start publishes a delayed Will at once " +
    "[MQTT-3.1.2-8]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(10, 100));
    test.connect("c", { cleanStart: true });
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

brokerTest(
  "each connection brings its own Will [MQTT-3.1.2-7]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", withWill(10, 100)).drop();
    const second = test.connect("c", {
      cleanStart: false,
      willMessage: { payload: new TextEncoder().encode("second") },
    });
    second.drop();
    assertEquals(watcher.payloads(), ["second"]);
  },
);

brokerTest(
  "a retained Will is retained [MQTT-3.1.2-15]",
  (test) => {
    const watcher = watch(test);
    test.connect("c", { willMessage: { isRetained: true, qos: 1 } }).drop();
    assertEquals(watcher.publishes()[0].isRetained, true);
    const late = test.connect("late");
    late.subscribe({ topicFilter: "will", qos: 2 });
    const [message] = late.publishes();
    assertEquals(payloadOf(message), "gone");
    assertEquals([message.qos, message.isRetained], [1, true]);
  },
);

brokerTest(
  "an empty retained Will removes the retained message",
  (test) => {
    test.connect("p").publish("will", "old", { isRetained: true });
    const payload = new Uint8Array(0);
    test.connect("c", { willMessage: { isRetained: true, payload } }).drop();
    assertEquals(test.broker.retained.count, 0);
  },
);

brokerTest(
  "the properties of a Will reach its receivers in order, except the delay " +
    "[MQTT-3.1.3-10]",
  (test) => {
    const watcher = watch(test);
    const properties = {
      payloadFormatIndicator: 1,
      messageExpiryInterval: 60,
      contentType: "text/plain",
      responseTopic: "answer",
      correlationData: new Uint8Array([1, 2]),
      userProperties: [["b", "1"], ["a", "2"], ["b", "3"]] as [
        string,
        string,
      ][],
    };
    test.connect("c", {
      properties: { sessionExpiryInterval: 100 },
      willMessage: { properties: { ...properties, willDelayInterval: 30 } },
    }).drop();
    test.advance(30_000);
    // The expiry counts from the publication, not from CONNECT.
    assertEquals(watcher.publishes()[0].properties, properties);
  },
);

brokerTest(
  "a client that subscribes to its own Will gets it when it is back",
  (test) => {
    const fields = withWill(0, 100);
    const client = test.connect("c", {
      ...fields,
      willMessage: { ...fields.willMessage, qos: 1 },
    });
    client.subscribe({ topicFilter: "will", qos: 1 });
    client.drop();
    const again = test.connect("c", { cleanStart: false });
    assertEquals(again.payloads(), ["gone"]);
  },
);

brokerTest(
  "No Local keeps a client's own Will from it [MQTT-3.8.3-3]",
  (test) => {
    const fields = withWill(0, 100);
    const client = test.connect("c", {
      ...fields,
      willMessage: { ...fields.willMessage, qos: 1 },
    });
    client.subscribe({ topicFilter: "will", qos: 1, noLocal: true });
    client.drop();
    assertEquals(test.connect("c", { cleanStart: false }).take(), []);
  },
);

brokerTest(
  "a Will that Clean Start sets free does not go to the session that ends " +
    "[MQTT-3.1.2-4]",
  (test) => {
    const lasting = { properties: { sessionExpiryInterval: 100 } };
    const author = test.connect("c", { ...lasting, willMessage: { qos: 1 } });
    const heir = test.connect("heir", lasting);
    for (const client of [author, heir]) {
      client.subscribe({ topicFilter: "$share/g/will", qos: 1 });
    }
    heir.drop();
    test.connect("c", { cleanStart: true });
    const again = test.connect("heir", { cleanStart: false, ...lasting });
    assertEquals(again.payloads(), ["gone"]);
  },
);

/** Each of 24 bytes. */
const WILLS: readonly [string, ConnectFields["willMessage"]][] = [
  ["payload", { payload: new Uint8Array(20) }],
  ["topic", { topicName: "willwillwillwillwill" }],
  ["User Properties", {
    properties: { userProperties: [["ab", "cdef"], ["gh", "ijklmnop"]] },
  }],
  ["other properties", {
    properties: {
      contentType: "text",
      responseTopic: "replies",
      correlationData: new Uint8Array(5),
    },
  }],
];

for (const [name, willMessage] of WILLS) {
  for (const [maximumWillBytes, reasonCode] of [[24, 0], [23, 0x97]]) {
    brokerTest(
      `a Will of 24 bytes, most in its ${name}, gets 0x${
        reasonCode.toString(16)
      } where ${maximumWillBytes} are allowed`,
      (test) => {
        const client = test.open();
        client.send(connectPacket("c", { willMessage }));
        assertEquals(client.next(PacketType.connack).reasonCode, reasonCode);
        assertEquals(client.isClosed, reasonCode !== 0);
      },
      { limits: { maximumWillBytes } },
    );
  }
}

brokerTest(
  "the largest payload holds for Wills, in 3.1.1 with return code 3",
  (test) => {
    for (const [protocolVersion, code] of [[4, 3], [5, 0x97]] as const) {
      const client = test.open();
      client.send(connectPacket("c", {
        protocolVersion,
        willMessage: { payload: new Uint8Array(5) },
      }));
      assertEquals(client.next(PacketType.connack).reasonCode, code);
    }
    assertEquals(
      test.observer.ofKind("refused").map((each) => each.clientIdentifier),
      ["c", "c"],
    );
    assertEquals(test.connect("c", { willMessage: {} }).isClosed, false);
  },
  { limits: { maximumPayloadBytes: 4 } },
);
