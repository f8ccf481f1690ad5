/**
 * The ceiling: a TCP relay with next to no MQTT in it. It answers CONNECT and
 * SUBSCRIBE with canned bytes, learns a publisher's topic and frame size from
 * its first PUBLISH, and from then on copies whole multiples of that size from
 * the publisher's socket to the subscribers' without looking at a byte.
 * Above QoS 0 the first subscriber's answers travel back to the publisher as
 * they are, so such loads need one publisher per topic. A publisher without
 * subscribers gets PUBACKs made from its Packet Identifiers.
 *
 * `deno run -A bench/relay.ts [--port N]`; all messages of a run must be of
 * one size, as those of bench/load.ts are.
 */
import { parseArgs } from "@std/cli";
import { writeAll } from "../src/cli/bench/link.ts";
import { PacketType } from "../src/cli/bench/wire.ts";

const bufferBytes = 256 * 1024;
const decoder = new TextDecoder();

/** One subscriber's socket: writes of several publishers take turns. */
class Sink {
  readonly connection: Deno.TcpConn;
  #last: Promise<void> = Promise.resolve();

  constructor(connection: Deno.TcpConn) {
    this.connection = connection;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#last = this.#last.then(() => writeAll(this.connection, bytes));
    return this.#last;
  }
}

/** What the relay knows of one topic. */
interface Pipe {
  sinks: Sink[];
  /** Where answers go. */
  source: Deno.TcpConn | undefined;
}

/** Where the changing parts of a publisher's frames are. */
interface Layout {
  topicName: string;
  frameBytes: number;
  qos: number;
  packetIdentifierOffset: number;
}

const pipes = new Map<string, Pipe>();

function pipeOf(topicName: string): Pipe {
  let pipe = pipes.get(topicName);
  if (pipe === undefined) {
    pipe = { sinks: [], source: undefined };
    pipes.set(topicName, pipe);
  }
  return pipe;
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const bytes = new Uint8Array(512);
  await connection.read(bytes);
  // Protocol Level follows the name "MQTT", wherever the length put it.
  const version = bytes[bytes.indexOf(0x54, 2) + 2];
  const connack = version === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0];
  await writeAll(connection, Uint8Array.from(connack));
  // The first bytes after CONNECT say which side this connection is on.
  const count = await connection.read(bytes);
  if (count === null) return;
  const first = bytes.subarray(0, count);
  if (first[0] >> 4 === PacketType.SUBSCRIBE) {
    await serveSubscriber(connection, { first, version });
  } else if (first[0] >> 4 === PacketType.PUBLISH) {
    await servePublisher(connection, first);
  }
}

async function serveSubscriber(
  connection: Deno.TcpConn,
  { first, version }: { first: Uint8Array; version: number },
): Promise<void> {
  const lengthAt = version === 5 ? 5 : 4;
  const length = first[lengthAt + 1];
  const start = lengthAt + 2;
  const pipe = pipeOf(decoder.decode(first.subarray(start, start + length)));
  pipe.sinks.push(new Sink(connection));
  const suback = version === 5
    ? [0x90, 4, first[2], first[3], 0, first[start + length]]
    : [0x90, 3, first[2], first[3], first[start + length]];
  await writeAll(connection, Uint8Array.from(suback));
  const bytes = new Uint8Array(bufferBytes);
  const isAnswering = pipe.sinks[0].connection === connection;
  for (;;) {
    const count = await connection.read(bytes);
    if (count === null) return;
    if (!isAnswering || pipe.source === undefined) continue;
    await writeAll(pipe.source, bytes.subarray(0, count));
  }
}

async function servePublisher(
  connection: Deno.TcpConn,
  first: Uint8Array,
): Promise<void> {
  const layout = readLayout(first);
  const { sinks } = pipeOf(layout.topicName);
  pipeOf(layout.topicName).source = connection;
  // PUBRELs come between the PUBLISHes of QoS 2: then any bytes may pass,
  // as the one publisher's stream reaches the subscriber whole.
  const unitBytes = layout.qos === 2 ? 1 : layout.frameBytes;
  const bytes = new Uint8Array(Math.max(bufferBytes, layout.frameBytes * 4));
  bytes.set(first);
  let filled = first.length;
  for (;;) {
    const whole = filled - filled % unitBytes;
    if (whole > 0) {
      const frames = bytes.subarray(0, whole);
      if (sinks.length === 1) await sinks[0].write(frames);
      else if (sinks.length > 1) {
        await Promise.all(sinks.map((sink) => sink.write(frames)));
      } else await acknowledge(connection, frames, layout);
      bytes.copyWithin(0, whole, filled);
      filled -= whole;
    }
    const count = await connection.read(bytes.subarray(filled));
    if (count === null) return;
    filled += count;
  }
}

function readLayout(first: Uint8Array): Layout {
  let remainingLength = 0;
  let offset = 1;
  for (let shift = 0;; shift += 7) {
    const byte = first[offset++];
    remainingLength |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const topicEnd = offset + 2 + ((first[offset] << 8) | first[offset + 1]);
  return {
    topicName: decoder.decode(first.subarray(offset + 2, topicEnd)),
    frameBytes: offset + remainingLength,
    qos: (first[0] >> 1) & 3,
    packetIdentifierOffset: topicEnd,
  };
}

/** Answers each PUBLISH at QoS 1; nothing else needs an answer here. */
async function acknowledge(
  connection: Deno.TcpConn,
  frames: Uint8Array,
  layout: Layout,
): Promise<void> {
  if (layout.qos !== 1) return;
  const { frameBytes, packetIdentifierOffset } = layout;
  const answers = new Uint8Array(frames.length / frameBytes * 4);
  let from = packetIdentifierOffset;
  for (let to = 0; to < answers.length; to += 4) {
    answers[to] = PacketType.PUBACK << 4;
    answers[to + 1] = 2;
    answers[to + 2] = frames[from];
    answers[to + 3] = frames[from + 1];
    from += frameBytes;
  }
  await writeAll(connection, answers);
}

/** Relays until the listener is closed and every connection has ended. */
export async function runRelay(listener: Deno.TcpListener): Promise<void> {
  const serving = new Set<Promise<void>>();
  for await (const connection of listener) {
    const served = serveUntilEnd(connection);
    serving.add(served);
    served.then(() => serving.delete(served));
  }
  await Promise.all(serving);
}

async function serveUntilEnd(connection: Deno.TcpConn): Promise<void> {
  try {
    await serve(connection);
  } catch {
    // A load generator that left mid-write is the normal end of a run.
  }
  for (const [topicName, pipe] of pipes) {
    pipe.sinks = pipe.sinks.filter((sink) => sink.connection !== connection);
    if (pipe.sinks.length === 0) pipes.delete(topicName);
  }
  try {
    connection.close();
  } catch {
    // A failed read or write has closed it.
  }
}

if (import.meta.main) {
  const { port } = parseArgs(Deno.args, { string: ["port"] });
  const listener = Deno.listen({
    hostname: "127.0.0.1",
    port: Number(port ?? 0),
  });
  console.log(`listening on 127.0.0.1:${listener.addr.port}`);
  await runRelay(listener);
}
