import { readTraceContext } from "../../src/cli/trace_context.ts";
import { assertEquals } from "../_assert.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

const CONTEXTS: readonly [traceparent: string, flags: number | null][] = [
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`00-${TRACE}-${SPAN}-03`, 1],
  [`cc-${TRACE}-${SPAN}-01-more`, 1],
  [`00-${TRACE}-${SPAN}-01-more`, null],
  [`ff-${TRACE}-${SPAN}-01`, null],
  [`00-${"0".repeat(32)}-${SPAN}-01`, null],
  [`00-${TRACE}-${"0".repeat(16)}-01`, null],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, null],
  [`00-${TRACE}-${SPAN}`, null],
  ["", null],
];

for (const [traceparent, flags] of CONTEXTS) {
  Deno.test(
    `the traceparent "${traceparent}" ${
      flags === null ? "is none" : `has the flags ${flags}`
    }`,
    () => {
      const context = readTraceContext([["a", "b"], [
        "traceparent",
        traceparent,
      ]]);
      assertEquals(context?.traceFlags ?? null, flags);
      if (context === null) return;
      assertEquals([context.traceId, context.spanId], [TRACE, SPAN]);
    },
  );
}

Deno.test("without User Properties there is no trace context", () => {
  assertEquals(readTraceContext(), null);
  assertEquals(readTraceContext([["tracestate", "a=1"]]), null);
});

Deno.test("tracestate comes along, unless it is longer than anybody has to take", () => {
  const stateOf = (tracestate: string) =>
    readTraceContext([
      ["tracestate", tracestate],
      ["traceparent", `00-${TRACE}-${SPAN}-01`],
    ])?.traceState?.serialize();
  assertEquals(stateOf("a=1,b=2"), "a=1,b=2");
  assertEquals(stateOf(`a=${"1".repeat(511)}`), undefined);
});
