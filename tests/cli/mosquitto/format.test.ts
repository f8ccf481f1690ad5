import type { ReceivedMessage } from "../../../src/client/mod.ts";
import { ClientUsageError } from "../../../src/cli/mosquitto/errors.ts";
import { MessageFormat } from "../../../src/cli/mosquitto/format.ts";
import { formatTime } from "../../../src/cli/mosquitto/strftime.ts";
import { assertEquals, assertThrows } from "../../_assert.ts";

/** What `client.messages()` would give. */
function message(
  payload: string | Uint8Array,
  more: Partial<ReceivedMessage> = {},
): ReceivedMessage {
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  return {
    topicName: "a/b",
    payload: bytes,
    qos: 0,
    isRetained: false,
    properties: {},
    receipt: null,
    text: () => new TextDecoder().decode(bytes),
    ...more,
  } as ReceivedMessage;
}

function write(format: string, received: ReceivedMessage, isPretty = false) {
  const complaints: string[] = [];
  const bytes = new MessageFormat(format).write(received, {
    nowMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    isPretty,
    complain: (problem) => complaints.push(problem),
  });
  return { text: new TextDecoder().decode(bytes), complaints };
}

Deno.test("JSON keeps numbers as the payload has them", () => {
  const payload = '{ "a": 1.50, "b": 12345678901234567890, "c": [1e3] }';
  const { text } = write("%J", message(payload));
  assertEquals(
    text.slice(text.indexOf('"payload":')),
    '"payload":{"a":1.50,"b":12345678901234567890,"c":[1e3]}}',
  );
});

Deno.test("a payload that is no JSON is told, and the line stays empty", () => {
  assertEquals(write("%J", message("no")), {
    text: "",
    complaints: [
      "Error: Message payload is not valid JSON on topic a/b.",
    ],
  });
});

Deno.test("a field for hexadecimal digits holds the bytes that fit", () => {
  const bytes = message(Uint8Array.of(1, 2, 3));
  for (
    const [format, text] of [
      ["%x", "010203"],
      ["%8x", "  010203"],
      ["%08X", "00010203"],
      ["%-8x|", "010203  |"],
      ["%4x", "0102"],
    ]
  ) assertEquals(write(format, bytes).text, text, format);
});

Deno.test("payloads that are no text are written as they are", () => {
  const payload = Uint8Array.of(0, 255, 10);
  const bytes = new MessageFormat("<%p>").write(message(payload), {
    nowMs: 0,
    isPretty: false,
    complain: () => {},
  });
  assertEquals(bytes, Uint8Array.of(60, 0, 255, 10, 62));
});

Deno.test("a format that means nothing is refused where it is read", () => {
  for (const format of ["%z", "%", "%-0", "@", "\\q", "\\"]) {
    assertThrows(() => new MessageFormat(format), ClientUsageError);
  }
});

/** Midnight, noon, first and last weeks, leap days, one-digit numbers. */
const MOMENTS = [
  "2026-01-01T00:00:00Z",
  "2024-12-30T12:00:00Z",
  "2021-01-03T01:02:03Z",
  "2024-02-29T23:59:59Z",
  "2023-12-31T11:05:09Z",
  "1999-07-04T13:00:00Z",
];

Deno.test({
  name: "times are written as strftime writes them",
  ignore: Deno.build.os !== "linux",
  fn() {
    const letters = [..."aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYz"];
    for (const moment of MOMENTS) {
      const date = new Date(moment);
      const { stdout } = new Deno.Command("date", {
        args: [
          "-d",
          moment,
          `+${letters.map((letter) => `%${letter}`).join("|")}`,
        ],
        env: { LC_ALL: "C" },
      }).outputSync();
      assertEquals(
        letters.map((letter) => formatTime(letter, date)),
        new TextDecoder().decode(stdout).trimEnd().split("|"),
        moment,
      );
    }
  },
});
