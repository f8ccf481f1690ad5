import {
  createTraceState,
  isSpanContextValid,
  type SpanContext,
} from "@opentelemetry/api";

/** Longer lists are let go of, as W3C allows. */
const LONGEST_STATE_LENGTH = 512;

/** Version, trace, span and flags; later versions may have more behind them. */
const TRACEPARENT =
  /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * The W3C trace context among User Properties; `null` if there is none, or it
 * is not one that may be used.
 */
export function readTraceContext(
  userProperties: readonly (readonly [name: string, value: string])[] = [],
): SpanContext | null {
  const find = (wanted: string) =>
    userProperties.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const [, version, traceId, spanId, flags, rest] =
    TRACEPARENT.exec(find("traceparent") ?? "") ?? [];
  if (version === undefined || version === "ff") return null;
  if (version === "00" && rest !== undefined) return null;
  const state = find("tracestate");
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: parseInt(flags, 16) & 1,
    isRemote: true,
    traceState: state === undefined || state.length > LONGEST_STATE_LENGTH
      ? undefined
      : createTraceState(state),
  };
  return isSpanContextValid(context) ? context : null;
}
