import fc from "fast-check";
import {
  countTopicLevels,
  hasWildcard,
  matchesTopicFilter,
  parseSharedFilter,
  validateSubscriptionFilter,
  validateTopicFilter,
  validateTopicName,
} from "../../src/topics/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { topicFilters, topicNames, toRegExp } from "./_generators.ts";

const permissions = "none";

const MATCHES: [filter: string, topicName: string, matches: boolean][] = [
  ["sport/tennis/#", "sport/tennis", true],
  ["sport/tennis/#", "sport/tennis/", true],
  ["sport/tennis/#", "sport/tennis/player/score", true],
  ["sport/tennis/#", "sport/tennisball", false],
  ["#", "sport", true],
  ["#", "/", true],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["sport/+", "sport/tennis", true],
  ["sport/+", "sport/tennis/player", false],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  ["+/tennis/#", "sport/tennis", true],
  ["sport/+/player", "sport//player", true],
  ["a//b", "a//b", true],
  ["a//b", "a/b", false],
  ["a", "a/", false],
  ["a/", "a", false],
  ["+/#", "a", true],
  ["a/+/#", "a", false],
  ["a/+/#", "a/", true],
];

for (const [filter, topicName, matches] of MATCHES) {
  const verb = matches ? "matches" : "does not match";
  Deno.test({
    name: `"${filter}" ${verb} "${topicName}"`,
    permissions,
    fn: () => assertEquals(matchesTopicFilter(filter, topicName), matches),
  });
}

Deno.test({
  name: "leading wildcards match no leading $ [MQTT-4.7.2-1]",
  permissions,
  fn() {
    assert(!matchesTopicFilter("#", "$SYS/uptime"));
    assert(!matchesTopicFilter("+/uptime", "$SYS/uptime"));
    assert(!matchesTopicFilter("+", "$"));
    assert(matchesTopicFilter("$SYS/#", "$SYS"));
    assert(matchesTopicFilter("$SYS/+", "$SYS/uptime"));
    assert(matchesTopicFilter("#", "a/$SYS"));
    assert(matchesTopicFilter("a/+", "a/$SYS"));
  },
});

Deno.test({
  name: "names are compared as sent, without normalising [MQTT-4.7.3-4]",
  permissions,
  fn() {
    assert(matchesTopicFilter("é/#", "é/a"));
    assert(!matchesTopicFilter("é", "e\u0301"));
    assert(!matchesTopicFilter("a", "A"));
    assert(matchesTopicFilter("😀/+", "😀/\ufeff"));
    assert(!matchesTopicFilter("😀", "😁"));
  },
});

Deno.test({
  name: "matching agrees with a regular expression made of the filter",
  permissions,
  fn() {
    let matching = 0;
    fc.assert(
      fc.property(topicFilters, topicNames, (filter, topicName) => {
        const expected = toRegExp(filter).test(topicName);
        if (expected) matching++;
        assertEquals(matchesTopicFilter(filter, topicName), expected);
      }),
      { numRuns: 5_000 },
    );
    assert(matching > 100, `only ${matching} pairs matched`);
  },
});

Deno.test({
  name: "65,535 slashes are matched and counted without recursion",
  permissions,
  fn() {
    const slashes = "/".repeat(65_535);
    assertEquals(countTopicLevels(slashes), 65_536);
    assert(matchesTopicFilter("#", slashes));
    assert(matchesTopicFilter(slashes, slashes));
    assert(matchesTopicFilter("+/".repeat(65_535) + "+", slashes));
    assert(!matchesTopicFilter(slashes + "a", slashes));
  },
});

const FILTER_CAUSES: [filter: string, cause: string | null][] = [
  ["#", null],
  ["+", null],
  ["+/#", null],
  ["/", null],
  ["a//+", null],
  ["$SYS/#", null],
  ["é/😀/#", null],
  ["", "length of 0"],
  ["a/#/b", 'level after "#"'],
  ["#/", 'level after "#"'],
  ["a#", '"#" that does not fill its level'],
  ["a/b#/c", '"#" that does not fill its level'],
  ["##", '"#" that does not fill its level'],
  ["a+/b", '"+" that does not fill its level'],
  ["a/+b", '"+" that does not fill its level'],
  ["++", '"+" that does not fill its level'],
  ["a\0b", "null character U+0000"],
  ["a\ud800", "surrogate without its pair"],
  ["a".repeat(65_535), null],
  ["a".repeat(65_536), "length over 65,535 bytes"],
  ["é".repeat(32_767), null],
  ["é".repeat(32_768), "length over 65,535 bytes"],
];

Deno.test({
  name: "Topic Filters are valid or have a cause [MQTT-4.7.1-1] " +
    "[MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3]",
  permissions,
  fn() {
    for (const [filter, cause] of FILTER_CAUSES) {
      assertEquals(validateTopicFilter(filter), cause, filter.slice(0, 20));
      assertEquals(validateSubscriptionFilter(filter), cause);
    }
    fc.assert(
      fc.property(topicFilters, (filter) => {
        assertEquals(validateTopicFilter(filter), null);
      }),
    );
  },
});

Deno.test({
  name: "Topic Names are valid or have a cause [MQTT-4.7.0-1] " +
    "[MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3]",
  permissions,
  fn() {
    assertEquals(validateTopicName("/a//$é😀"), null);
    assertEquals(validateTopicName(""), "length of 0");
    assertEquals(validateTopicName("a/+"), 'wildcard "+"');
    assertEquals(validateTopicName("a#"), 'wildcard "#"');
    assertEquals(validateTopicName("\0"), "null character U+0000");
    assertEquals(
      validateTopicName("a".repeat(65_536)),
      "length over 65,535 bytes",
    );
  },
});

Deno.test({
  name: "a shared filter is cut after its ShareName [MQTT-4.8.2-1]",
  permissions,
  fn() {
    const cut = (filter: string) => {
      const shared = parseSharedFilter(filter);
      return shared && [shared.shareName, shared.topicFilter];
    };
    assertEquals(cut("$share/g/a/+/#"), ["g", "a/+/#"]);
    assertEquals(cut("$share/g//a"), ["g", "/a"]);
    assertEquals(cut("$share/g"), ["g", ""]);
    assertEquals(cut("$share//a"), ["", "a"]);
    assertEquals(cut("$share"), null);
    assertEquals(cut("$shared/g/a"), null);
    assertEquals(cut("a/$share/g/a"), null);
  },
});

Deno.test({
  name: "a shared filter needs a ShareName without wildcards and a valid " +
    "Topic Filter [MQTT-4.8.2-1] [MQTT-4.8.2-2]",
  permissions,
  fn() {
    const causes: [filter: string, cause: string | null][] = [
      ["$share/g/a/+/#", null],
      ["$share/g//", null],
      ["$share/g/$SYS/#", null],
      ["$share/", "ShareName without characters"],
      ["$share//a", "ShareName without characters"],
      ["$share/g+/a", "ShareName with a wildcard"],
      ["$share/#/a", "ShareName with a wildcard"],
      ["$share/g", "ShareName without a Topic Filter after it"],
      ["$share/g/", "ShareName without a Topic Filter after it"],
      ["$share/g/a/#/b", 'level after "#"'],
      ["$share/g\0/a", "null character U+0000"],
      [
        "$share/g/" + "a".repeat(65_535),
        "length over 65,535 bytes",
      ],
      [
        "$share/" + "g".repeat(65_527) + "/a",
        "length over 65,535 bytes",
      ],
    ];
    for (const [filter, cause] of causes) {
      assertEquals(validateSubscriptionFilter(filter), cause);
    }
  },
});

Deno.test({
  name: "wildcards are seen and empty levels counted",
  permissions,
  fn() {
    assert(hasWildcard("a/+/b"));
    assert(hasWildcard("#"));
    assert(!hasWildcard("a/b"));
    assertEquals(countTopicLevels("a"), 1);
    assertEquals(countTopicLevels("/"), 2);
    assertEquals(countTopicLevels("a//b"), 3);
  },
});
