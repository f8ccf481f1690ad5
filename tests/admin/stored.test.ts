import { assertEquals, assertRejects } from "../_assert.ts";
import { awaitStored } from "../../src/admin/stored.ts";
import { GatedStore } from "../broker/_gated_store.ts";
import { TestBroker } from "../broker/_harness.ts";

Deno.test("A change is answered when it is stored, or told to be late", async () => {
  const store = new GatedStore();
  const { broker } = new TestBroker({ store });
  await broker.start();
  await assertRejects(() => awaitStored(broker, 0), Error, "not on the disk");
  const stored = awaitStored(broker);
  assertEquals(store.isUrgent, true);
  store.commit();
  await stored;
});
