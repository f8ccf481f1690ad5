import {
  encodePacket,
  PacketType,
  type Properties,
  type ProtocolVersion,
} from "../../src/codec/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../_assert.ts";
import {
  assertClosedSilently,
  brokerTest,
  type ConnectFields,
  connectPacket,
  publishPacket,
  type TestBroker,
  type TestBrokerOptions,
  type TestClient,
} from "./_harness.ts";

/** A CONNECT that is refused, and how each version is told: `null` is silence. */
interface Refusal {
  readonly name: string;
  readonly fields: ConnectFields;
  readonly clientIdentifier?: string;
  readonly options?: TestBrokerOptions;
  readonly prepare?: (test: TestBroker) => void;
  readonly code5: number;
  readonly code4: number | null;
}

const willMessage = { qos: 1, isRetained: true } as const;

const REFUSALS: Refusal[] = [
  {
    name: "an empty Client Identifier where none is assigned [MQTT-3.1.3-8]",
    clientIdentifier: "",
    fields: {},
    options: { limits: { allowZeroLengthClientIdentifier: false } },
    code5: 0x85,
    code4: 2,
  },
  {
    name: "a Client Identifier that is too long [MQTT-3.1.3-8]",
    clientIdentifier: "é".repeat(51),
    fields: {},
    code5: 0x85,
    code4: 2,
  },
  {
    name: "a Will above the Maximum QoS [MQTT-3.2.2-12]",
    fields: { willMessage },
    options: { limits: { maximumQos: 0 } },
    code5: 0x9b,
    code4: null,
  },
  {
    name: "a retained Will where that is not available [MQTT-3.2.2-13]",
    fields: { willMessage },
    options: { limits: { retainAvailable: false } },
    code5: 0x9a,
    code4: null,
  },
  {
    name: "a Will Topic that begins with $",
    fields: { willMessage: { topicName: "$SYS/x" } },
    code5: 0x90,
    code4: null,
  },
  {
    name: "a Will Topic with too many levels",
    fields: { willMessage: { topicName: "/".repeat(20) } },
    code5: 0x90,
    code4: null,
  },
  {
    name: "a Will Topic that the client may not publish to",
    fields: { willMessage },
    prepare: (test) => test.authorizer.rule("publish", "will", false),
    code5: 0x87,
    code4: 5,
  },
  {
    name: "a wrong password",
    fields: { userName: "u", password: new Uint8Array(1) },
    prepare: (test) => test.authorizer.authentication = { reasonCode: 0x86 },
    code5: 0x86,
    code4: 4,
  },
  {
    name: "who is not authorized",
    fields: {},
    prepare: (test) => test.authorizer.authentication = { reasonCode: 0x87 },
    code5: 0x87,
    code4: 5,
  },
  {
    name: "who is banned",
    fields: {},
    prepare: (test) => test.authorizer.authentication = { reasonCode: 0x8a },
    code5: 0x8a,
    code4: 5,
  },
  {
    name: "a client while the server is busy",
    fields: {},
    prepare: (test) => test.authorizer.authentication = { reasonCode: 0x89 },
    code5: 0x89,
    code4: 3,
  },
  {
    name: "a client for a reason that only 5.0 has",
    fields: {},
    prepare: (test) => test.authorizer.authentication = { reasonCode: 0x9c },
    code5: 0x9c,
    code4: null,
  },
  {
    name: "a session over the maximum",
    fields: {},
    options: { limits: { maximumSessions: 1 } },
    prepare: (test) => test.connect("other"),
    code5: 0x97,
    code4: 3,
  },
];

/** Checks the CONNACK with `code`, or its absence, and the end after it. */
function assertRefused(client: TestClient, code: number | null): Properties {
  if (code === null) {
    assertClosedSilently(client);
    return {};
  }
  const connack = client.next(PacketType.connack);
  assertEquals(connack.reasonCode, code);
  assertEquals(connack.sessionPresent, false);
  assertClosedSilently(client);
  return connack.properties;
}

for (const refusal of REFUSALS) {
  for (const protocolVersion of [3, 4, 5] as ProtocolVersion[]) {
    brokerTest(
      `version ${protocolVersion}: the broker refuses ${refusal.name} ` +
        "[MQTT-3.1.4-2] [MQTT-3.2.2-6] [MQTT-3.2.2-7]",
      (test) => {
        refusal.prepare?.(test);
        const sessionCount = test.broker.sessions.count;
        const client = test.open();
        const { clientIdentifier = "c", fields, code4, code5 } = refusal;
        client.send(
          connectPacket(clientIdentifier, { ...fields, protocolVersion }),
        );
        assertRefused(client, protocolVersion === 5 ? code5 : code4);
        assertEquals(test.broker.sessions.count, sessionCount);
        const [report] = test.observer.ofKind("refused");
        assertEquals(report.reasonCode, code5);
      },
      refusal.options,
    );
  }
}

brokerTest(
  "what was sent behind a refused CONNECT has no effect [MQTT-3.1.4-6]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("#");
    test.authorizer.authentication = { reasonCode: 0x87 };
    const client = test.open();
    client.send(
      connectPacket("c", { willMessage: {} }),
      publishPacket("t", "text"),
    );
    assertRefused(client, 0x87);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "a late refusal has no effect but CONNACK either [MQTT-3.1.4-6]",
  async (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("#");
    test.authorizer.authentication = null;
    const client = test.open();
    client.send(connectPacket("c"), publishPacket("t", "text"));
    test.authorizer.answerClients({ reasonCode: 0x86 });
    await test.settle();
    assertRefused(client, 0x86);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "an empty identifier needs Clean Session in 3.1.1 [MQTT-3.1.3-8], and 3.1 " +
    "has none",
  (test) => {
    const version4 = test.open();
    version4.send(
      connectPacket("", { protocolVersion: 4, cleanStart: false }),
    );
    assertRefused(version4, 2);
    const version3 = test.open();
    version3.send(connectPacket("", { protocolVersion: 3 }));
    assertRefused(version3, 2);
  },
);

/** CONNECT with the Protocol Version byte changed, or any other. */
function patched(
  protocolVersion: ProtocolVersion,
  offset: number,
  value: number,
): Uint8Array {
  const bytes = encodePacket(connectPacket("c", { protocolVersion }), 5);
  bytes[offset] = value;
  return bytes;
}

const VERSION_OFFSET = 8;
const FLAGS_OFFSET = 9;

brokerTest(
  "an unknown Protocol Version is answered as its form allows " +
    "[MQTT-3.1.2-2]",
  (test) => {
    for (const [version, code] of [[0, 1], [3, 1], [6, 0x84], [255, 0x84]]) {
      const client = test.open();
      client.protocolVersion = version > 5 ? 5 : 4;
      client.sendBytes(patched(4, VERSION_OFFSET, version));
      assertRefused(client, code);
    }
  },
);

brokerTest(
  "an unknown Protocol Name is closed without an answer [MQTT-3.1.2-1]",
  (test) => {
    const client = test.open();
    client.sendBytes(patched(5, 4, "W".charCodeAt(0)));
    assertClosedSilently(client);
  },
);

brokerTest(
  "a malformed CONNECT gets CONNACK 0x81 in 5.0 and none in 3.1.1 " +
    "[MQTT-3.1.2-3] [MQTT-3.1.4-1]",
  (test) => {
    for (const [version, code] of [[5, 0x81], [4, null]] as const) {
      const client = test.open();
      client.protocolVersion = version;
      client.sendBytes(patched(version, FLAGS_OFFSET, 0x03));
      assertRefused(client, code);
    }
  },
);

brokerTest(
  "CONNECT with reserved flags in its fixed header is malformed " +
    "[MQTT-2.1.3-1]",
  (test) => {
    for (const firstByte of [0x11, 0x12, 0x18, 0x1f]) {
      const client = test.open();
      client.sendBytes(patched(5, 0, firstByte));
      assert(client.isClosed, `0x${firstByte.toString(16)} was accepted`);
      assertEquals(test.broker.sessions.count, 0);
    }
  },
);

brokerTest(
  "CONNECT over the maximum packet size is refused [MQTT-3.2.2-15]",
  (test) => {
    const client = test.open();
    client.send(connectPacket("c", {
      userName: "u",
      password: new Uint8Array(200),
    }));
    assert(client.isClosed);
    assertEquals(test.observer.ofKind("refused")[0].reasonCode, 0x95);
  },
  { limits: { maximumPacketSizeBytes: 128 } },
);

brokerTest(
  "an authenticator that throws lets nobody in and is reported",
  async (test) => {
    test.expectsInternalErrors = true;
    const { authorizer } = test;
    authorizer.authenticate = () => {
      throw new Error("at once");
    };
    const first = test.open();
    first.send(connectPacket("c"));
    assertClosedSilently(first);
    authorizer.authenticate = () => Promise.reject(new Error("later"));
    const second = test.open();
    second.send(connectPacket("c"));
    await test.settle();
    assertRefused(second, 0x88);
    assertEquals(
      test.observer.internalErrors.map(String),
      ["Error: at once", "Error: later"],
    );
    assertEquals(test.broker.sessions.count, 0);
  },
);

brokerTest(
  "a Will Topic that has to be decided on waits for the decision " +
    "[MQTT-3.1.4-2]",
  async (test) => {
    for (const isAllowed of [true, false, null]) {
      test.authorizer.rule("publish", "will", null);
      const client = test.open();
      client.send(connectPacket("c", { willMessage: {} }));
      assertEquals(client.take(), []);
      test.authorizer.rule("publish", "will", isAllowed);
      test.authorizer.answerQuestions();
      await test.settle();
      if (isAllowed) client.next(PacketType.connack);
      else assertRefused(client, 0x87);
      assertEquals(client.isClosed, isAllowed !== true);
    }
    assertEquals(test.authorizer.questions.length, 3);
    const { cause } = test.observer.ofKind("refused")[0];
    assertStringIncludes(cause, "will");
  },
);

brokerTest(
  "a refusal says why, unless the client has no room for it " +
    "[MQTT-3.2.2-19]",
  (test) => {
    test.authorizer.authentication = { reasonCode: 0x87 };
    for (const maximumPacketSize of [undefined, 10]) {
      const client = test.open();
      client.send(connectPacket("c", { properties: { maximumPacketSize } }));
      const { reasonString } = assertRefused(client, 0x87);
      assertEquals(reasonString === undefined, maximumPacketSize === 10);
    }
  },
);

brokerTest(
  "a client without room for CONNACK is closed, not left without it " +
    "[MQTT-3.1.2-24] [MQTT-3.2.0-1]",
  (test) => {
    const client = test.open();
    client.send(connectPacket("c", { properties: { maximumPacketSize: 10 } }));
    assertClosedSilently(client);
    assertEquals(test.broker.sessions.count, 0);
    assertEquals(test.observer.ofKind("connected"), []);
  },
);

brokerTest(
  "an Authentication Method is refused, however long its name is " +
    "[MQTT-4.12.0-1] [MQTT-4.12.0-6]",
  (test) => {
    for (const authenticationMethod of ["SCRAM", "é".repeat(32_767)]) {
      const client = test.open();
      client.send(connectPacket("c", { properties: { authenticationMethod } }));
      const properties = assertRefused(client, 0x8c);
      assertEquals(properties.authenticationMethod, undefined);
      assert(properties.reasonString!.length < 1_000);
    }
  },
);
