import {
  AcknowledgementView,
  decodePacket,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  MqttError,
  type Packet,
  PacketType,
  type ProtocolVersion,
  PublishView,
  readAcknowledgement,
  readPublish,
  type Sender,
  validateTopicNameBytes,
} from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { concatenate, type FuzzCase } from "./_fuzz_case.ts";
import { toTemplate } from "./_template.ts";

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];
const SENDERS: readonly Sender[] = ["client", "server"];

/**
 * Decodes whatever looks like a packet, as each version and each party could
 * have sent it. Only {@linkcode MqttError} may come of it, what is accepted
 * must stand encoding, and the views of the hot path must agree. Adds a word
 * to `outcomes` for each way in which a packet was refused or accepted.
 */
export function runCodecCase(
  { connections }: FuzzCase,
  outcomes: Set<string>,
): void {
  for (const chunks of connections) {
    const bytes = concatenate(chunks);
    for (const version of VERSIONS) decodeStream(bytes, version, outcomes);
  }
}

function decodeStream(
  bytes: Uint8Array,
  version: ProtocolVersion,
  outcomes: Set<string>,
): void {
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  let start = 0;
  for (;;) {
    const isWhole = orMqttError(
      outcomes,
      () => scanner.scan(bytes, start, bytes.length),
    );
    if (isWhole !== true) return;
    assert(scanner.bodyStart <= scanner.frameEnd, "the body is outside");
    assert(scanner.frameEnd <= bytes.length, "the frame is outside");
    const frame = bytes.slice(start, scanner.frameEnd);
    for (const sender of SENDERS) decodeFrame(frame, version, sender, outcomes);
    start = scanner.frameEnd;
  }
}

function decodeFrame(
  frame: Uint8Array,
  version: ProtocolVersion,
  sender: Sender,
  outcomes: Set<string>,
): void {
  const packet = orMqttError(
    outcomes,
    () => decodePacket(frame, scannerOf(frame), version, sender),
  );
  assertViewsAgree(frame, version, sender, packet);
  if (packet === null) return;
  outcomes.add(`${sender} ${version} ${packet.type}`);
  const spoken = packet.type === PacketType.connect
    ? packet.protocolVersion
    : version;
  const again = encodePacket(packet, spoken);
  assert(again.length <= frame.length, "our form is longer");
  const decoded = decodePacket(again, scannerOf(again), spoken, sender);
  assertSameBytes(encodePacket(decoded, spoken), again);
}

/** The views that read PUBLISH and acknowledgements in place accept the same. */
function assertViewsAgree(
  frame: Uint8Array,
  version: ProtocolVersion,
  sender: Sender,
  packet: Packet | null,
): void {
  const scanner = scannerOf(frame);
  const type = frame[0] >> 4;
  const outcomes = new Set<string>();
  if (type === PacketType.publish) {
    const view = new PublishView();
    const fromServer = sender === "server";
    const isAccepted = orMqttError(outcomes, () => {
      readPublish(view, frame, scanner, version, { fromServer });
      if (view.topicStart < view.topicEnd || view.topicAlias === 0) {
        validateTopicNameBytes(frame, view.topicStart, view.topicEnd);
      }
      return true;
    });
    assertEquals(isAccepted !== null, packet !== null);
  } else if (type >= PacketType.puback && type <= PacketType.pubcomp) {
    const view = new AcknowledgementView();
    const isAccepted = orMqttError(outcomes, () => {
      readAcknowledgement(view, frame, scanner, version);
      return true;
    });
    assertEquals(isAccepted !== null, packet !== null);
  }
}

/** Comparing 5,000 bytes with `assertEquals` takes longer than all the rest. */
function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert(actual[i] === expected[i], `byte ${i} of our form differs`);
  }
}

function scannerOf(frame: Uint8Array): FrameScanner {
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  scanner.scan(frame, 0, frame.length);
  return scanner;
}

/** What `run` returns, or `null` if it refused; nothing but an MqttError may. */
function orMqttError<T>(outcomes: Set<string>, run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof MqttError)) throw error;
    assert(error.reasonCode >= 0x80, error.message);
    outcomes.add(toTemplate(error.message));
    return null;
  }
}
