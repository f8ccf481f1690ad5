import { assertEquals, assertNotEquals } from "../_assert.ts";
import { concat } from "./_bytes.ts";
import type { BrokerUnderTest } from "./_broker.ts";
import { conformance } from "./_conformance.ts";
import { connect, pingreq, publish, subscribe } from "./_packets.ts";
import { RawClient } from "./_raw_client.ts";
import { Opcode, RawWebSocket } from "./_websocket.ts";

const requirements = { transport: "ws" } as const;

/** A client that speaks MQTT through `webSocket`. */
async function open(
  broker: BrokerUnderTest,
): Promise<{ webSocket: RawWebSocket; client: RawClient }> {
  const [webSocket, { status }] = await RawWebSocket.open(broker.address);
  assertEquals(status, 101);
  const client = new RawClient(webSocket, 5);
  broker.endWithTest(client);
  return { webSocket, client };
}

conformance(
  "MQTT over WebSocket travels in binary frames [MQTT-6.0.0-1]",
  async (broker) => {
    const { client } = await open(broker);
    await client.connect({ clientIdentifier: broker.identifier() });
    const topic = broker.topic("binary");
    await client.subscribe(topic, { options: 2 });
    for (const qos of [0, 1, 2]) {
      const payload = new Uint8Array(2_000).map((_, index) => index);
      const other = await open(broker);
      await other.client.connect({ clientIdentifier: broker.identifier() });
      await other.client.deliver({ topic, qos, payload });
      assertEquals((await client.take()).payload, payload);
    }
    await client.disconnect();
  },
  requirements,
);

conformance(
  "a text frame ends the connection, whatever is in it [MQTT-6.0.0-1]",
  async (broker) => {
    const early = await open(broker);
    await early.webSocket.sendFrame(
      Opcode.text,
      connect({ clientIdentifier: broker.identifier() }),
    );
    await early.client.expectClosed();
    const topic = broker.topic("text");
    const observer = await open(broker);
    await observer.client.connect({ clientIdentifier: broker.identifier() });
    await observer.client.subscribe(topic);
    const { webSocket, client } = await open(broker);
    await client.connect({
      clientIdentifier: broker.identifier(),
      will: { topic, payload: "will" },
    });
    await webSocket.sendFrame(Opcode.text, pingreq);
    await client.expectDropped(0x81, 0x82, 0x83);
    assertEquals((await observer.client.take()).text, "will");
  },
  requirements,
);

conformance(
  "packets and frames need not begin and end together [MQTT-6.0.0-2]",
  async (broker) => {
    const topic = broker.topic("split");
    const packets = [
      connect({ clientIdentifier: broker.identifier() }),
      subscribe([[topic, 0]]),
      publish({ topic, payload: "one" }),
      publish({ topic, payload: "two" }),
      pingreq,
    ];
    const bytes = concat(packets);
    const middle = bytes.length - 9;
    const cuts: readonly (readonly number[])[] = [
      [0, bytes.length],
      Array.from({ length: bytes.length + 1 }, (_, index) => index),
      [0, 1, middle, bytes.length],
    ];
    for (const cut of cuts) {
      for (const isFragmented of [false, true]) {
        const { webSocket, client } = await open(broker);
        for (let index = 0; index + 1 < cut.length; index++) {
          const isLast = index + 2 === cut.length;
          await webSocket.sendFrame(
            isFragmented && index > 0 ? Opcode.continuation : Opcode.binary,
            bytes.slice(cut[index], cut[index + 1]),
            !isFragmented || isLast,
          );
        }
        assertEquals((await client.expect("CONNACK")).reasonCode, 0);
        await client.expect("SUBACK");
        assertEquals((await client.take()).text, "one");
        assertEquals((await client.take()).text, "two");
        await client.expect("PINGRESP");
        await client.disconnect();
      }
    }
  },
  requirements,
);

conformance(
  "the server selects the subprotocol mqtt [MQTT-6.0.0-4]",
  async (broker) => {
    for (
      const subprotocols of [
        ["mqtt"],
        ["mqttv3.1", "mqtt"],
        ["chat", "mqtt", "mqttv3.1"],
      ]
    ) {
      const [webSocket, handshake] = await RawWebSocket.open(broker.address, {
        subprotocols,
      });
      webSocket.close();
      assertEquals(handshake, { status: 101, subprotocol: "mqtt" });
    }
  },
  requirements,
);

conformance(
  "no subprotocol is selected that was not offered [MQTT-6.0.0-4]",
  async (broker) => {
    for (const subprotocols of [[], ["chat"], ["MQTT"], ["mqtt2"]]) {
      const [webSocket, handshake] = await RawWebSocket.open(broker.address, {
        subprotocols,
      });
      webSocket.close();
      assertNotEquals(handshake.subprotocol, "mqtt");
    }
  },
  requirements,
);
