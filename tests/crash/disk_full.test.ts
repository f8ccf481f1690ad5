import { PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { beforeDeadline } from "../interop/_deadline.ts";
import { publishPacket, subscribePacket } from "../broker/_packets.ts";
import { Broker } from "./_broker.ts";
import { PlainClient } from "./_plain_client.ts";
import { keyOf } from "./_trace.ts";

/** A place for a store that can be made to be full, and to have space again. */
interface Disk extends AsyncDisposable {
  readonly path: string;
  readonly prefix: readonly string[];
  fill(): Promise<void>;
  free(broker: Broker): Promise<void>;
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args })
    .output();
  if (!success) {
    throw new Error(`Cannot ${command}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** A limit on the size of files, which the system lets nobody's process pass. */
async function limitedFiles(): Promise<Disk> {
  const folder = await Deno.makeTempDir({ prefix: "rqtt-full-" });
  return {
    path: `${folder}/store.db`,
    // A write past the limit is to fail, not to end the process.
    prefix: ["sh", "-c", 'trap "" XFSZ; ulimit -S -f 2048; exec "$@"', "sh"],
    fill: () => Promise.resolve(),
    free: ({ processId }) =>
      run("prlimit", "--fsize=unlimited", "--pid", `${processId}`),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** A small file system in memory. @throws {Error} If this user may not mount. */
async function smallFileSystem(): Promise<Disk> {
  const folder = await Deno.makeTempDir({ prefix: "rqtt-full-" });
  try {
    await run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder);
  } catch (error) {
    await Deno.remove(folder);
    throw error;
  }
  const filler = `${folder}/filler`;
  return {
    path: `${folder}/store.db`,
    prefix: [],
    fill: () => Deno.writeFile(filler, new Uint8Array(1_000_000)),
    free: () => Deno.remove(filler),
    async [Symbol.asyncDispose]() {
      await run("umount", folder);
      await Deno.remove(folder);
    },
  };
}

const PAYLOAD = ".".repeat(10_000);
/** More than any of the disks takes. */
const MAXIMUM_MESSAGES = 900;

/** Publishes to the absent session until the broker refuses; returns the keys it took. */
async function publishUntilFull(publisher: PlainClient): Promise<string[]> {
  const taken: string[] = [];
  for (let i = 1; i <= MAXIMUM_MESSAGES; i++) {
    publisher.send(
      publishPacket("kept", `${i} ${PAYLOAD}`, { qos: 1, packetIdentifier: i }),
    );
    // The first one that finds the disk full is not answered before there is
    // space again; those behind it are refused.
    publisher.send({ type: PacketType.pingreq });
    const answers = new Map<number, number>();
    for (;;) {
      const packet = await publisher.next(
        PacketType.puback,
        PacketType.pingresp,
      );
      if (packet.type === PacketType.pingresp) break;
      answers.set(packet.packetIdentifier, packet.reasonCode);
    }
    for (const [packetIdentifier, reasonCode] of answers) {
      if (reasonCode === 0x97) return taken;
      assertEquals(reasonCode, 0);
      taken.push(`${packetIdentifier}`);
    }
  }
  throw new Error(
    `Cannot fill the disk: it takes ${MAXIMUM_MESSAGES} messages`,
  );
}

/** Holds a broker on `disk` to go on as well as it can while that is full. */
async function liveThroughFullDisk(disk: Disk): Promise<void> {
  const options = { ...disk, durability: "commit" };
  const broker = new Broker(options);
  try {
    const port = await broker.port();
    const absent = new PlainClient("absent", { isLasting: true });
    await absent.connect(port);
    absent.send(subscribePacket(1, [{ topicFilter: "kept", qos: 1 }]));
    await absent.next(PacketType.suback);
    await absent.drop();
    const present = new PlainClient("present");
    await present.connect(port);
    present.send(subscribePacket(1, [{ topicFilter: "live", qos: 1 }]));
    await present.next(PacketType.suback);
    const publisher = new PlainClient("publisher");
    await publisher.connect(port);
    const other = new PlainClient("other");
    await other.connect(port);
    const old = new PlainClient("old", { version: 4 });
    await old.connect(port);

    await disk.fill();
    const taken = await publishUntilFull(publisher);
    assert(broker.log.includes("writing the store fails"), broker.log);

    old.send(publishPacket("kept", "x", { qos: 1, packetIdentifier: 1 }));
    // It cannot be told, and sends again when it connects again.
    await beforeDeadline(old.gone(), "the end of the 3.1.1 connection");
    assertEquals(old.unreadCount, 0);
    for (const qos of [0, 1] as const) {
      other.send(
        publishPacket("live", `${qos}`, { qos, packetIdentifier: qos }),
      );
      const { payload, packetIdentifier } = await present.next(
        PacketType.publish,
      );
      assertEquals(keyOf(payload), `${qos}`);
      if (qos === 0) continue;
      assertEquals((await other.next(PacketType.puback)).reasonCode, 0);
      present.answer(PacketType.puback, packetIdentifier);
    }

    await disk.free(broker);
    await broker.logged(/writing the store works again/);
    // Those that found the disk full are stored now.
    publisher.send(
      publishPacket("kept", "last", { qos: 1, packetIdentifier: 6_000 }),
    );
    for (;;) {
      const puback = await publisher.next(PacketType.puback);
      assertEquals(puback.reasonCode, 0);
      if (puback.packetIdentifier === 6_000) break;
      taken.push(`${puback.packetIdentifier}`);
    }
    for (const each of [present, publisher, other]) await each.drop();
    assertEquals(broker.log.match(/writing the store fails/g)?.length, 1);
    await broker.end("SIGKILL");
    await checkKept(options, [...taken, "last"]);
  } finally {
    await broker.end("SIGKILL");
  }
}

/** Everything that was acknowledged is there after a restart, and nothing else. */
async function checkKept(
  { prefix: _, ...options }: ConstructorParameters<typeof Broker>[0],
  expected: readonly string[],
): Promise<void> {
  const broker = new Broker(options);
  try {
    const absent = new PlainClient("absent", { isLasting: true });
    await absent.connect(await broker.port());
    const kept: string[] = [];
    while (kept.at(-1) !== "last") {
      const { payload, packetIdentifier } = await absent.next(
        PacketType.publish,
      );
      kept.push(keyOf(payload));
      absent.answer(PacketType.puback, packetIdentifier);
    }
    assertEquals(kept, expected);
    await absent.drop();
  } finally {
    await broker.end("SIGKILL");
  }
}

Deno.test("A broker whose files may not grow keeps serving, refuses what it cannot store, and recovers", async () => {
  await using disk = await limitedFiles();
  await liveThroughFullDisk(disk);
});

/** Whether this user may mount; the test above needs nothing of the kind. */
async function canMount(): Promise<boolean> {
  try {
    await using _ = await smallFileSystem();
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "A broker on a full disk keeps serving, refuses what it cannot store, and recovers",
  ignore: !await canMount(),
  async fn() {
    await using disk = await smallFileSystem();
    await liveThroughFullDisk(disk);
  },
});
