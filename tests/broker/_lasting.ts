import { type Packet, PacketType } from "../../src/codec/mod.ts";
import {
  type ConnectFields,
  payloadOf,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** A session that outlives its connection. */
export function lasting(
  receiveMaximum?: number,
  fields: ConnectFields = {},
): ConnectFields {
  return {
    cleanStart: false,
    properties: { sessionExpiryInterval: 1_000, receiveMaximum },
    ...fields,
  };
}

/** "c" with a subscription to "t" at QoS 2, and somebody who publishes. */
export function setUp(
  test: TestBroker,
  fields: ConnectFields = lasting(),
): { client: TestClient; publisher: TestClient } {
  const client = test.connect("c", fields);
  client.subscribe({ topicFilter: "t", qos: 2 });
  return { client, publisher: test.connect("publisher") };
}

export function publishAll(
  publisher: TestClient,
  payloads: string,
  qos: 0 | 1 | 2 = 1,
): void {
  publisher.send(
    ...[...payloads].map((text) => publisher.publication("t", text, { qos })),
  );
  for (const answer of publisher.take()) {
    if (answer.type !== PacketType.pubrec) continue;
    publisher.answer(PacketType.pubrel, answer.packetIdentifier);
  }
  publisher.take();
}

/** "PUBLISH 1 dup text" and so on, for tables of what came. */
function describe(packet: Packet): string {
  switch (packet.type) {
    case PacketType.publish: {
      const { packetIdentifier, isDuplicate } = packet;
      const dup = isDuplicate ? " dup" : "";
      return `PUBLISH ${packetIdentifier}${dup} ${payloadOf(packet)}`;
    }
    case PacketType.pubrel:
      return `PUBREL ${packet.packetIdentifier}`;
    default:
      return `type ${packet.type}`;
  }
}

export function takeDescribed(client: TestClient): string[] {
  return client.take().map(describe);
}

export function windowOf(test: TestBroker): number[] {
  const { window, queue } = test.broker.sessions.get("c")!;
  return [window.count, queue.length];
}
