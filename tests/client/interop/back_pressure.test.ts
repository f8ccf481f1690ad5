import { connect as connectInBrowser } from "../../../src/client/browser.ts";
import { assert, assertEquals } from "../../_assert.ts";
import { brokersForTests } from "./_harness.ts";

const test = brokersForTests();
const MESSAGES = 3_000;

for (const scheme of ["mqtt", "ws", "wss"] as const) {
  test(
    `${scheme}: a consumer that does not read bounds what the client keeps, at QoS 0 and 1`,
    async ({ connect, target, unique }) => {
      await using publisher = await connect("mqtt");
      await using client = await connect(scheme, { receiveMaximum: 10 });
      using slow = client.messages(`${unique}/0`, { maximumMessages: 50 });
      using acknowledged = client.messages(`${unique}/1`);
      await client.subscribe(`${unique}/+`, { qos: 1 });
      const payload = new Uint8Array(1_000);
      const publishing: Promise<unknown>[] = [];
      for (let index = 0; index < MESSAGES; index++) {
        await publisher.publish(`${unique}/0`, payload);
      }
      for (let index = 0; index < 60; index++) {
        publishing.push(
          publisher.publish(`${unique}/1`, String(index), { qos: 1 }),
        );
      }
      await Promise.all(publishing);
      let count = 0;
      let mostBuffered = 0;
      const reading = (async () => {
        for await (const _ of slow) {
          count++;
          mostBuffered = Math.max(mostBuffered, slow.bufferedCount);
        }
      })();
      for (let index = 0; index < 60; index++) {
        const { value } = await acknowledged.next();
        assertEquals(value?.text(), String(index));
        // To its Receive Maximum mosquitto 2.0.11 does not keep.
        assert(acknowledged.bufferedCount < 10 || target.name === "mosquitto");
      }
      slow.return();
      await reading;
      assert(count > 50);
      assert(mostBuffered <= 50);
      // Reading stopped, so the client had no reason to drop anything.
      assertEquals(client.droppedCount, 0);
    },
  );
}

test("where reading cannot stop QoS 0 over the bound is dropped and counted", async ({ broker, connect, unique }) => {
  await using publisher = await connect("mqtt");
  await using client = await connectInBrowser(broker.url("ws"));
  using messages = client.messages(unique, { maximumMessages: 50 });
  using last = client.messages(`${unique}/last`);
  await client.subscribe([unique, `${unique}/last`], { qos: 1 });
  for (let index = 0; index < 300; index++) {
    await publisher.publish(unique, String(index));
  }
  await publisher.publish(`${unique}/last`, "", { qos: 1 });
  await last.next();
  assertEquals(messages.bufferedCount, 50);
  assertEquals(client.droppedCount, 250);
});
