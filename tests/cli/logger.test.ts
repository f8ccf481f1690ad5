import { assert, assertEquals } from "../_assert.ts";
import type { LogFilter } from "../../src/admin/mod.ts";
import { MAXIMUM_KEPT_LINES } from "../../src/cli/log_ring.ts";
import {
  LineLogger,
  type LineLoggerOptions,
  LINES_PER_WINDOW,
  WINDOW_MS,
} from "../../src/cli/logger.ts";

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const TIME = "2026-01-02T03:04:05.006Z";

function given(options: Partial<LineLoggerOptions> = {}) {
  const lines: string[] = [];
  const clock = { nowMs: START_MS };
  const logger = new LineLogger({
    level: "debug",
    format: "text",
    isWatched: false,
    hasColor: false,
    write: (line) => lines.push(line),
    now: () => clock.nowMs,
    ...options,
  });
  return { lines, clock, logger };
}

const test = (name: string, run: () => void) =>
  Deno.test(name, { permissions: "none" }, run);

test("A line has time, level, message and fields", () => {
  const { lines, logger } = given();
  logger.info("client connected", {
    address: "127.0.0.1:5",
    clientIdentifier: "a b",
    cleanStart: true,
    keepAliveSeconds: 60,
    user: undefined,
  });
  logger.error("broken", { error: new Error("it broke") });
  assertEquals(lines, [
    `${TIME} info  client connected address=127.0.0.1:5 ` +
    'clientIdentifier="a b" cleanStart=true keepAliveSeconds=60',
    `${TIME} error broken error="it broke"`,
  ]);
});

test("A line of JSON has the same", () => {
  const { lines, logger } = given({ format: "json" });
  logger.warn("refused", { clientIdentifier: 'a"b', error: new Error("no") });
  assertEquals(lines.map((line) => JSON.parse(line)), [{
    time: TIME,
    level: "warn",
    message: "refused",
    clientIdentifier: 'a"b',
    error: "no",
  }]);
});

test("A value from the wire is cut before it fills the log", () => {
  for (const format of ["text", "json"] as const) {
    const { lines, logger } = given({ format });
    logger.info("refused", {
      topic: "\u{1f600}".repeat(30_000),
      error: new Error("x".repeat(60_000)),
    });
    assert(lines[0].length < 2_400, format);
    assert(lines[0].includes("x…") && lines[0].isWellFormed(), format);
  }
});

test("Nothing from the wire ends a line or moves a terminal's cursor", () => {
  const hostile = "a\nb\r\x1b[2J\u009b1m\u2028\u202e\u{e0041}\x7f";
  for (const format of ["text", "json"] as const) {
    const { lines, logger } = given({ format });
    logger.info(hostile, { clientIdentifier: hostile });
    assertEquals(lines.length, 1);
    assert(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(lines[0]), lines[0]);
    if (format === "json") {
      assertEquals(JSON.parse(lines[0]).clientIdentifier, hostile);
    }
  }
});

test("Lines below the level are not shown", () => {
  const { lines, logger } = given({ level: "warn" });
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  assertEquals(lines, [`${TIME} warn  c`, `${TIME} error d`]);
});

test("Only the level has a colour, and only if asked for", () => {
  const { lines, logger } = given({ hasColor: true });
  logger.warn("c", { a: 1 });
  assertEquals(lines, [`${TIME} \x1b[33mwarn \x1b[0m c a=1`]);
});

test("A flood of one category is cut, counted and leaves others alone", () => {
  const { lines, clock, logger } = given();
  for (let i = 0; i < LINES_PER_WINDOW + 7; i++) logger.warn("refused", { i });
  assertEquals(lines.length, LINES_PER_WINDOW);
  logger.info("client connected");
  assertEquals(lines.length, LINES_PER_WINDOW + 1);
  clock.nowMs += WINDOW_MS;
  logger.warn("refused");
  assertEquals(lines.slice(LINES_PER_WINDOW + 1), [
    "2026-01-02T03:04:06.006Z warn  refused: left out leftOut=7",
    "2026-01-02T03:04:06.006Z warn  refused",
  ]);
});

test("What was left out is told at the end", () => {
  const { lines, logger } = given();
  for (let i = 0; i < LINES_PER_WINDOW + 1; i++) logger.info("a");
  logger.flush();
  logger.flush();
  assertEquals(lines.slice(LINES_PER_WINDOW), [
    `${TIME} info  a: left out leftOut=1`,
  ]);
});

test("A clock that is set back does not silence the log", () => {
  const { lines, clock, logger } = given();
  for (let i = 0; i < LINES_PER_WINDOW; i++) logger.info("a");
  clock.nowMs -= 3_600_000;
  logger.info("a");
  assertEquals(lines.length, LINES_PER_WINDOW + 1);
});

test("Messages that never repeat cannot flood either", () => {
  const { lines, logger } = given();
  for (let i = 0; i < 5_000; i++) logger.info(`message ${i}`);
  assertEquals(lines.length, 1_000 + LINES_PER_WINDOW);
});

test("The level is changed while the log is written", () => {
  const { lines, logger } = given({ level: "warn" });
  logger.info("not shown");
  logger.level = "info";
  logger.info("shown");
  assertEquals(lines, [`${TIME} info  shown`]);
});

test("auto is text for who watches and JSON for everything else", () => {
  for (const isWatched of [true, false]) {
    const { lines, logger } = given({ format: "auto", isWatched });
    logger.info("here");
    assertEquals(lines[0].startsWith("{"), !isWatched);
  }
});

test("Braces in a message are no placeholders", () => {
  const { lines, logger } = given();
  logger.info("{a} {{b}}", { a: 1 });
  assertEquals(lines, [`${TIME} info  {a} {{b}} a=1`]);
});

const ANN = {
  clientIdentifier: "sensor",
  userName: "ann",
  remoteAddress: "[::1]:4321",
};

const FITTING: readonly [
  filter: Partial<LogFilter>,
  isFitting: boolean,
][] = [
  [{ clientIdentifier: "sensor" }, true],
  [{ clientIdentifier: "sens" }, false],
  [{ userName: "ann" }, true],
  [{ userName: "bob" }, false],
  [{ address: "::1" }, true],
  [{ address: "[::1]:4321" }, true],
  [{ address: "[::1]:432" }, false],
  [{ clientIdentifier: "sensor", userName: "bob" }, false],
  [{ clientIdentifier: "sensor", userName: "ann", address: "::1" }, true],
];

for (const [filter, isFitting] of FITTING) {
  test(
    `The filter ${JSON.stringify(filter)} ${
      isFitting ? "fits" : "does not fit"
    } a client`,
    () => {
      const { lines, logger } = given({ level: "warn" });
      logger.filters = [{ ...filter, level: "debug", expiresAtMs: Infinity }];
      logger.debug("of the client", {}, { subject: ANN });
      logger.info("of nobody");
      assertEquals(lines.length, isFitting ? 1 : 0);
    },
  );
}

test("The first filter that fits can also say less than the level", () => {
  const { lines, logger } = given({ level: "info" });
  const expiresAtMs = Infinity;
  logger.filters = [
    { clientIdentifier: "sensor", level: "error", expiresAtMs },
    { userName: "ann", level: "debug", expiresAtMs },
  ];
  logger.warn("noise", {}, { subject: ANN });
  logger.debug("shown", {}, {
    subject: { ...ANN, clientIdentifier: "other" },
  });
  assertEquals(lines, [`${TIME} debug shown`]);
});

test("A filter ends by itself", () => {
  const { lines, clock, logger } = given({ level: "info" });
  logger.filters = [{
    userName: "ann",
    level: "debug",
    expiresAtMs: START_MS + 1_000,
  }];
  clock.nowMs += 999;
  logger.debug("a", {}, { subject: ANN });
  clock.nowMs++;
  assertEquals(logger.filters, []);
  logger.debug("b", {}, { subject: ANN });
  logger.info("c", {}, { subject: ANN });
  assertEquals(lines.map((line) => line.at(-1)), ["a", "c"]);
});

test("The tail keeps the newest lines as JSON, and no token", () => {
  const { lines, clock, logger } = given();
  const { tail } = logger;
  logger.info("made", { token: "secret" });
  assertEquals(lines, [`${TIME} info  made token=secret`]);
  assertEquals(/secret/.test(Object.values(tail.lineAt(1)).join()), false);
  for (let i = 0; i < MAXIMUM_KEPT_LINES; i++) {
    clock.nowMs += WINDOW_MS;
    logger.info("again", { i });
  }
  assertEquals([tail.oldestSequence, tail.nextSequence], [2, 1_002]);
  assertEquals(JSON.parse(tail.lineAt(2).json).i, 0);
  assertEquals(JSON.parse(tail.lineAt(1_001).json).i, 999);
});

test("What the tail keeps of a line is bounded", () => {
  const { logger } = given();
  const fields = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`f${index}`, "x".repeat(2_000)]),
  );
  logger.info("long", fields);
  assertEquals(JSON.parse(logger.tail.lineAt(1).json), {
    time: TIME,
    level: "info",
    message: "long",
    cut: true,
  });
  assertEquals(logger.tail.lineAt(1).text.length, 1_000);
});
