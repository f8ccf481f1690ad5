import { assertEquals } from "../_assert.ts";
import { Journal, MemoryPlace } from "./_journal.ts";

/**
 * As version 2 of the format has it: the session "a", and "b" with a Will, a
 * received QoS 2 message and a subscription to "t".
 */
const VERSION_2 = Uint8Array.fromHex(
  "6278518a" +
    "010000001e000000010001610000003c7ff00000000000007ff0000000000000000000" +
    "0100000033000000020001620000003c7ff00000000000007ff00000000000000001" +
    "00070100000000000000000a300800017700676f6e65" +
    "030000000c000000020001740100000000",
);

Deno.test("A store of version 2 has sessions that nobody owns yet", async () => {
  await using place = new MemoryPlace();
  place.medium.segments.set(1, VERSION_2);
  await using journal = await Journal.open(place);
  const { world } = journal;
  assertEquals([...world.sessions.keys()], ["a", "b"]);
  const [a, b] = [world.session("a"), world.session("b")];
  assertEquals([a.owner, b.owner], [undefined, undefined]);
  assertEquals([a.will, b.will?.publish.topicName], [null, "w"]);
  assertEquals([...b.receivedQos2()], [7]);
  assertEquals([...b.subscriptions.keys()], ["t"]);
  // What is written anew stands beside what is as it was.
  a.owner = "ann";
  world.store.sessionChanged(a);
  await journal.commit();
  await using again = await journal.crash();
  assertEquals(again.world.session("a").owner, "ann");
  assertEquals(again.world.session("b").owner, undefined);
});

Deno.test("The owner of a session costs its name and two bytes", async () => {
  const sizes: number[] = [];
  for (const owner of [undefined, null, "ann"]) {
    await using place = new MemoryPlace();
    await using journal = await Journal.open(place);
    journal.world.openSession("a", { owner });
    await journal.commit();
    sizes.push(place.medium.segments.get(1)!.length);
  }
  assertEquals(sizes.map((size) => size - sizes[0]), [0, 0, 5]);
});
