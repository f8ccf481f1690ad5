import fc from "fast-check";
import { SharedGroup, Subscription } from "../../src/topics/mod.ts";
import { assert, assertEquals } from "../_assert.ts";

const permissions = "none";

function join(group: SharedGroup<string>, subscriber: string, qos = 0): void {
  group.add(new Subscription(subscriber, "a", { shareName: "g", qos }));
}

function takeTurns(
  group: SharedGroup<string>,
  count: number,
  preferred: (subscriber: string) => boolean = () => true,
): string {
  let turns = "";
  for (let i = 0; i < count; i++) {
    turns += group.select(preferred)?.subscriber ?? "-";
  }
  return turns;
}

function groupOf(subscribers: string): SharedGroup<string> {
  const group = new SharedGroup<string>("g", "a");
  for (const subscriber of subscribers) join(group, subscriber);
  return group;
}

Deno.test({
  name: "members of a shared group take turns",
  permissions,
  fn: () => assertEquals(takeTurns(groupOf("stu"), 7), "stustus"),
});

Deno.test({
  name: "an empty shared group selects nobody",
  permissions,
  fn: () => assertEquals(groupOf("").select(() => true), null),
});

Deno.test({
  name: "members that are not preferred are passed over",
  permissions,
  fn() {
    const group = groupOf("stuv");
    assertEquals(takeTurns(group, 4, (s) => s === "t" || s === "v"), "tvtv");
    assertEquals(takeTurns(group, 2), "st");
  },
});

Deno.test({
  name: "a group without preferred members goes on in turn",
  permissions,
  fn: () => assertEquals(takeTurns(groupOf("stu"), 5, () => false), "stust"),
});

Deno.test({
  name: "each member is asked at most once for a message",
  permissions,
  fn() {
    const group = groupOf("stu");
    takeTurns(group, 2);
    let asked = "";
    group.select((subscriber) => {
      asked += subscriber;
      return false;
    });
    assertEquals(asked, "ust");
  },
});

Deno.test({
  name: "a repeated SUBSCRIBE keeps the turn and brings the new QoS " +
    "[MQTT-4.8.2-3]",
  permissions,
  fn() {
    const group = groupOf("stu");
    takeTurns(group, 1);
    join(group, "s", 2);
    assertEquals(group.members.length, 3);
    assertEquals(takeTurns(group, 3), "tus");
    join(group, "t", 1);
    assertEquals(group.select(() => true)?.qos, 1);
  },
});

Deno.test({
  name: "who leaves costs nobody a turn, who joins waits for the others",
  permissions,
  fn() {
    const group = groupOf("stuv");
    takeTurns(group, 2);
    assert(group.remove("s"));
    assert(!group.remove("s"));
    join(group, "w");
    const round = takeTurns(group, 3);
    assertEquals([...round].sort().join(""), "uvw");
    assertEquals(round[2], "w");
  },
});

Deno.test({
  name: "members leave a group whose last turn was that of its last member",
  permissions,
  fn() {
    const group = groupOf("st");
    takeTurns(group, 2, () => false);
    assert(group.remove("s"));
    assertEquals(takeTurns(group, 2), "tt");
    assert(group.remove("t"));
    assertEquals(group.members.length, 0);
  },
});

Deno.test({
  name: "members that stay differ by one turn at most, whoever comes and goes",
  permissions,
  fn() {
    const guests = ["a", "b", "c", "d", "e"];
    const steps = fc.array(
      fc.oneof(
        fc.record({ join: fc.constantFrom(...guests) }),
        fc.record({ leave: fc.constantFrom(...guests) }),
        fc.constant({ select: true }),
      ),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, (steps) => {
        const group = groupOf("astbu");
        const present = new Set("astbu");
        const turns = new Map([["s", 0], ["t", 0], ["u", 0]]);
        for (const step of steps) {
          if ("join" in step) {
            join(group, step.join);
            present.add(step.join);
          } else if ("leave" in step) {
            const left = group.remove(step.leave);
            assertEquals(left, present.delete(step.leave));
          } else {
            const chosen = takeTurns(group, 1);
            assert(present.has(chosen));
            const count = turns.get(chosen);
            if (count !== undefined) turns.set(chosen, count + 1);
          }
          const counts = [...turns.values()];
          assert(Math.max(...counts) - Math.min(...counts) <= 1);
        }
        assertEquals(
          group.members.map(({ subscriber }) => subscriber).sort(),
          [...present].sort(),
        );
      }),
      { numRuns: 1_000 },
    );
  },
});
