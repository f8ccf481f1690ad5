import { PluginAudiences } from "../../../src/auth/plugin/plugin_audiences.ts";
import type { Audience } from "../../../src/broker/mod.ts";
import { PublishView } from "../../../src/codec/mod.ts";
import { assertEquals } from "../../_assert.ts";
import { TestBroker } from "../../broker/_harness.ts";

/** The names of those who are told of a message with `topicName`. */
function told(
  filtersByName: Readonly<Record<string, readonly string[]>>,
  topicName: string,
): string[] {
  const names: string[] = [];
  const audiences = new PluginAudiences(
    Object.entries(filtersByName).map(([name, topicFilters]) => {
      const audience: Audience = { published: () => void names.push(name) };
      return { audience, topicFilters };
    }),
  );
  const { connection } = new TestBroker().open().transport;
  const publish = new PublishView();
  audiences.audienceOf(topicName)?.published(connection!, publish, topicName);
  return names.sort();
}

Deno.test("each plugin is told once of messages that one of its filters matches", () => {
  const filters = {
    all: ["#"],
    level: ["plant/+", "plant/+/a", "plant/x"],
    one: ["plant/x"],
  };
  assertEquals(told(filters, "plant/x"), ["all", "level", "one"]);
  assertEquals(told(filters, "plant/y/a"), ["all", "level"]);
  assertEquals(told(filters, "plant"), ["all"]);
  assertEquals(told({ one: ["plant/x"] }, "plant"), []);
});

Deno.test("a filter that begins with a wildcard tells of no topic that begins with $ [MQTT-4.7.2-1]", () => {
  const filters = { all: ["#", "+/a"], dollar: ["$plant/#"] };
  assertEquals(told(filters, "$plant/a"), ["dollar"]);
});
