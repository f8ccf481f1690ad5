import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace as api,
  TraceFlags,
  type Tracer as Engine,
} from "@opentelemetry/api";
import type { Connection, Trace, Tracer, TraceStep } from "../broker/mod.ts";
import {
  type ConnectPacket,
  decodeForwardedProperties,
  type PublishView,
  reasonName,
} from "../codec/mod.ts";
import type { TracingConfig } from "../config/mod.ts";
import { VERSION } from "../version.ts";
import { readTraceContext } from "./trace_context.ts";

/** Longer names are cut in attributes. */
const LONGEST_NAME_LENGTH = 1_024;

/** What a tracer goes by beside the configuration; tests have their own. */
export interface TracerOptions {
  readonly now?: () => number;
  /** From 0 up to, but without, 1. */
  readonly random?: () => number;
}

/**
 * Traces packets as spans of OpenTelemetry, which Deno exports if OTEL_DENO
 * says so. A packet that brings a trace context with the flag for sampling is
 * a child of the span there; the context itself goes on to the receivers as it
 * stands, with all other User Properties.
 */
export class OpenTelemetryTracer implements Tracer {
  readonly #engine: Engine = api.getTracer("rqtt", VERSION);
  readonly #config: TracingConfig;
  readonly #now: () => number;
  readonly #random: () => number;
  /** Traces begun in the present second: clients must not fill the exporter. */
  #count = 0;
  #secondStartMs = 0;

  constructor(
    config: TracingConfig,
    { now = Date.now, random = Math.random }: TracerOptions = {},
  ) {
    this.#config = config;
    this.#now = now;
    this.#random = random;
  }

  /** Whether somebody takes the spans. */
  get isExported(): boolean {
    const parent = api.setSpanContext(ROOT_CONTEXT, {
      traceId: "1".padStart(32, "0"),
      spanId: "1".padStart(16, "0"),
      traceFlags: TraceFlags.SAMPLED,
    });
    // Never ended, so that it is not exported itself.
    return this.#engine.startSpan("probe", {}, parent).isRecording();
  }

  traceConnect(
    connection: Connection,
    { properties }: ConnectPacket,
  ): Trace | null {
    const context = readTraceContext(properties.userProperties);
    if (!this.#isSampled(context)) return null;
    return this.#start("connect", context, {
      "messaging.client.id": cut(connection.clientIdentifier),
      "network.peer.address": connection.remoteAddress,
      "rqtt.protocol_version": connection.protocolVersion,
    });
  }

  tracePublish(connection: Connection, publish: PublishView): Trace | null {
    const context = contextOf(publish);
    if (!this.#isSampled(context)) return null;
    const { topicBytes, topicStart, topicEnd } = publish;
    const topic = new TextDecoder().decode(
      topicBytes.subarray(topicStart, topicEnd),
    );
    return this.#start("publish", context, {
      "messaging.client.id": cut(connection.clientIdentifier),
      "messaging.destination.name": cut(topic),
      "rqtt.qos": publish.qos,
    });
  }

  #isSampled(context: SpanContext | null): boolean {
    const isWanted = context === null
      ? this.#random() < this.#config.sampleRatio
      : (context.traceFlags & TraceFlags.SAMPLED) !== 0;
    if (!isWanted) return false;
    const nowMs = this.#now();
    if (Math.abs(nowMs - this.#secondStartMs) >= 1_000) {
      this.#secondStartMs = nowMs;
      this.#count = 0;
    }
    return ++this.#count <= this.#config.maximumTracesPerSecond;
  }

  #start(
    name: string,
    context: SpanContext | null,
    attributes: Attributes,
  ): Trace {
    const parent = context === null
      ? ROOT_CONTEXT
      : api.setSpanContext(ROOT_CONTEXT, context);
    const span = this.#engine.startSpan(name, {
      kind: SpanKind.SERVER,
      attributes: { "messaging.system": "mqtt", ...attributes },
    }, parent);
    return new OpenTelemetryTrace(this.#engine, span);
  }
}

/** One packet: a span, and one below it for each step. */
class OpenTelemetryTrace implements Trace {
  readonly #engine: Engine;
  readonly #span: Span;
  readonly #context: Context;
  #step: Span | null = null;

  constructor(engine: Engine, span: Span) {
    this.#engine = engine;
    this.#span = span;
    this.#context = api.setSpan(ROOT_CONTEXT, span);
  }

  step(step: TraceStep | null): void {
    this.#step?.end();
    this.#step = step === null
      ? null
      : this.#engine.startSpan(step, {}, this.#context);
  }

  end(reasonCode: number, receiverCount: number): void {
    this.step(null);
    this.#span.setAttribute("rqtt.reason_code", reasonCode);
    if (receiverCount >= 0) {
      this.#span.setAttribute("rqtt.receivers", receiverCount);
    }
    if (reasonCode >= 0x80) {
      this.#span.setStatus({
        code: SpanStatusCode.ERROR,
        message: reasonName(reasonCode),
      });
    }
    this.#span.end();
  }
}

function contextOf(publish: PublishView): SpanContext | null {
  const { propertiesBytes, propertiesStart, propertiesEnd } = publish;
  if (propertiesEnd <= propertiesStart) return null;
  const { userProperties } = decodeForwardedProperties(
    propertiesBytes,
    propertiesStart,
    propertiesEnd,
  );
  return readTraceContext(userProperties);
}

function cut(name: string): string {
  return name.slice(0, LONGEST_NAME_LENGTH).toWellFormed();
}
