import { PacketType } from "../../src/codec/mod.ts";
import { TestClient } from "../broker/_test_client.ts";
import { MemoryTransport, Tasks } from "../broker/_harness.ts";
import { hold } from "./_failure.ts";
import { OTHER_USER, userOf } from "./_users.ts";
import type { World } from "./_world.ts";

/**
 * Somebody who may connect wants the session of another user's client: it is
 * refused at once. Whatever else came of it would be found out as all is that
 * the model does not know.
 */
export function intrude(world: World): void {
  const { broker, dice, model } = world;
  const { name } = dice.pick(world.clients);
  // Where there is none, it would be the intruder's own.
  if (broker === null || !model.sessions.has(name)) return;
  const userName = dice.pick([OTHER_USER[userOf(name)], null]);
  const protocolVersion = dice.pick([4, 5] as const);
  world.trace(() => `${userName} wants the session of ${name}`);
  const tasks = new Tasks();
  const transport = new MemoryTransport(broker, tasks, INTRUDER_ADDRESS);
  const client = new TestClient(transport, tasks);
  client.send({
    type: PacketType.connect,
    protocolVersion,
    cleanStart: dice.oneIn(2),
    keepAliveSeconds: 0,
    clientIdentifier: name,
    userName,
    password: null,
    willMessage: {
      topicName: "will/intruder",
      payload: new Uint8Array(1),
      qos: 1,
      isRetained: false,
      properties: {},
    },
    properties: {},
  });
  const answer = client.take()[0];
  const refusal = protocolVersion === 5 ? 0x85 : 2;
  hold(
    answer?.type === PacketType.connack && answer.reasonCode === refusal &&
      client.isClosed,
    () => `${userName} is not kept from the session of ${name}`,
  );
}

/** Whom the authorizer lets in at once. */
export const INTRUDER_ADDRESS = "198.51.100.1:1";
