import { DatabaseSync } from "node:sqlite";
import {
  type JournalStore,
  KvMedium,
  openStore,
  StoreError,
  type StoreObserver,
} from "../../src/store/mod.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../_assert.ts";
import { FolderPlace, Journal } from "./_journal.ts";
import { deliveriesOf, makeMessage, payloadOf, World } from "./_world.ts";

const PAGE_BYTES = 4_096;
const MESSAGE_COUNT = 200;

/** Notes what an operator would be told. */
class Notes implements StoreObserver {
  readonly damages: string[] = [];
  readonly moves: string[] = [];
  storeReading(): void {}
  storeRead(): void {}
  storeFailing(): void {}
  storeWorking(): void {}
  storeCommitted(): void {}
  storeDamaged(cause: string): void {
    this.damages.push(cause);
  }
  storeMoved(path: string): void {
    this.moves.push(path);
  }
}

/** Opens and reads the store at `path`, as the broker does when it starts. */
async function start(
  path: string,
  options: { recover?: boolean; observer?: StoreObserver } = {},
): Promise<{ world: World; store: JournalStore }> {
  const config = { path, durability: "commit", relaxedIntervalMs: 1 } as const;
  const store = await openStore(config, options) as JournalStore;
  const world = new World();
  world.store = store;
  try {
    await store.load(world);
  } catch (error) {
    await store.close();
    throw error;
  }
  return { world, store };
}

/** The file of a store with one session and many segments, made once. */
let filled: Uint8Array | null = null;

async function fill({ path }: FolderPlace): Promise<void> {
  filled ??= await makeFilled();
  await Deno.writeFile(path, filled);
}

async function makeFilled(): Promise<Uint8Array> {
  await using place = new FolderPlace();
  const journal = await Journal.open(place);
  const { world } = journal;
  const session = world.openSession("a");
  world.subscribe(session, "t/#", { qos: 1 });
  for (let i = 0; i < MESSAGE_COUNT; i++) {
    world.queue(makeMessage("t", `${i} ${"x".repeat(2_000)}`), [session]);
    await journal.commit();
  }
  await journal.store.close();
  return await Deno.readFile(place.path);
}

function readFiles({ folder }: FolderPlace): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(folder)) {
    // SQLite's index of the log, and our lock, say nothing of what is stored.
    if (name.endsWith("-shm") || name.endsWith(".lock")) continue;
    const bytes = Deno.readFileSync(`${folder}/${name}`);
    if (bytes.length > 0) files[name] = bytes.toHex();
  }
  return files;
}

function overwrite(path: string, offset: number, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(offset, Deno.SeekMode.Start);
  file.writeSync(bytes);
}

/** Where `text` stands in the file. */
function find(path: string, text: string): number {
  const wanted = new TextEncoder().encode(text);
  const bytes = Deno.readFileSync(path);
  for (let i = 0; i + wanted.length <= bytes.length; i++) {
    if (wanted.every((byte, k) => bytes[i + k] === byte)) return i;
  }
  throw new Error(`Cannot find ${text}`);
}

/** Ways in which a store goes bad, and what the operator is told. */
const DAMAGES: readonly {
  readonly name: string;
  readonly damage: (place: FolderPlace) => Promise<void> | void;
  readonly says: string;
  /** How many of the messages come back at least. */
  readonly salvaged: number;
  /** Whether there is nothing wrong with it but that it is not ours. */
  readonly isHealthy?: boolean;
}[] = [
  {
    name: "A flipped byte in a message",
    damage: ({ path }) =>
      overwrite(path, find(path, "100 xxx") + 50, Uint8Array.of(0x79)),
    says: "has a wrong checksum",
    salvaged: MESSAGE_COUNT - 1,
  },
  {
    name: "A page full of nonsense",
    damage: ({ path }) =>
      overwrite(
        path,
        Math.floor(find(path, "100 xxx") / PAGE_BYTES) * PAGE_BYTES,
        new Uint8Array(PAGE_BYTES).fill(0xff),
      ),
    says: "Page",
    salvaged: MESSAGE_COUNT - 10,
  },
  {
    name: "A truncated file",
    damage: ({ path }) =>
      Deno.truncate(path, Math.floor(Deno.statSync(path).size / 2)),
    says: "malformed",
    salvaged: 0,
  },
  {
    name: "A file that is no database",
    damage: ({ path }) =>
      Deno.writeTextFile(path, "listeners: []\n".repeat(50)),
    says: "file is not a database",
    salvaged: 0,
  },
  {
    name: "A database of another program",
    damage: async ({ path }) => {
      await Deno.remove(path);
      using database = new DatabaseSync(path);
      database.exec("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
    },
    says: "it is the database of another program",
    salvaged: 0,
  },
  {
    name: "The Deno KV database of another program",
    damage: async ({ path }) => {
      await Deno.remove(path);
      using kv = await Deno.openKv(path);
      await kv.set(["mine"], 1);
    },
    says: "it is the database of another program",
    salvaged: 0,
    isHealthy: true,
  },
  {
    name: "A segment that is missing",
    damage: async ({ path }) => {
      using kv = await Deno.openKv(path);
      await kv.delete(["journal", 100, 0]);
    },
    says: "segments 100 to 100 are missing",
    salvaged: MESSAGE_COUNT - 1,
  },
];

for (const { name, damage, says, salvaged, isHealthy = false } of DAMAGES) {
  Deno.test(`${name} is told of, and nothing is overwritten`, async () => {
    await using place = new FolderPlace();
    await fill(place);
    await damage(place);
    const before = readFiles(place);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await assertRejects(() => start(place.path), StoreError);
      assertStringIncludes(error.message, place.path);
      assertStringIncludes(error.message, says);
      assertStringIncludes(error.message, "--recover");
    }
    assertEquals(readFiles(place), before);
  });

  Deno.test(`${name} is moved aside with --recover, which keeps what reads`, async () => {
    await using place = new FolderPlace();
    await fill(place);
    await damage(place);
    const before = readFiles(place);
    const notes = new Notes();
    const { world, store } = await start(place.path, {
      recover: true,
      observer: notes,
    });
    const found = [...world.sessions.values()].flatMap(deliveriesOf)
      .map(({ message }) => Number.parseInt(payloadOf(message)));
    assert(found.length >= salvaged, `${found.length} of ${salvaged} messages`);
    assertEquals(found, found.toSorted((a, b) => a - b));
    assert(found.length < MESSAGE_COUNT);
    assertEquals(notes.damages.length > 0, !isHealthy);
    await store.close();

    const [aside] = notes.moves;
    const kept = Object.entries(readFiles(place)).filter(([file]) =>
      `${place.folder}/${file}`.startsWith(aside)
    );
    assertEquals(kept.map(([, hex]) => hex), Object.values(before));
    // What was salvaged is stored: it is there without --recover, and --recover
    // has nothing to do any more.
    for (const recover of [false, true]) {
      const observer = new Notes();
      const again = await start(place.path, { recover, observer });
      assertEquals(again.world.describe(), world.describe());
      assertEquals([observer.moves, observer.damages], [[], []]);
      await again.store.close();
    }
  });
}

Deno.test("A store of a newer version is refused, with --recover too", async () => {
  await using place = new FolderPlace();
  await fill(place);
  {
    using kv = await Deno.openKv(place.path);
    await kv.set(["rqtt", "format"], 4);
  }
  const before = readFiles(place);
  for (const recover of [false, true]) {
    await assertRejects(
      () => start(place.path, { recover }),
      StoreError,
      "its format is version 4",
    );
  }
  assertEquals(readFiles(place), before);
});

Deno.test("A path in a missing folder is told of", async () => {
  await using place = new FolderPlace();
  await assertRejects(
    () => start(`${place.folder}/missing/store.db`),
    StoreError,
    "its folder does not exist, make it or change persistence.path",
  );
});

Deno.test("A folder in place of the file is told of", async () => {
  await using place = new FolderPlace();
  await Deno.mkdir(place.path);
  await assertRejects(() => start(place.path), StoreError, place.path);
});

Deno.test({
  name:
    "A full disk is told of, and a sound store on it is not taken for a damaged one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using place = new FolderPlace();
    await fill(place);
    const before = readFiles(place);
    // Whatever is written to this device finds no space.
    await Deno.symlink("/dev/full", `${place.path}.lock`);
    for (const recover of [false, true]) {
      await assertRejects(
        () => start(place.path, { recover }),
        StoreError,
        "No space left on device (os error 28)), make room there",
      );
    }
    assertEquals(readFiles(place), before);
  },
});

Deno.test("A store that another process uses is refused until that ends", async () => {
  await using place = new FolderPlace();
  const path = JSON.stringify(`${place.path}.lock`);
  const holder = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `const file = await Deno.open(${path}, { create: true, write: true });
       await file.lock(true);
       console.log("locked");
       for await (const _ of Deno.stdin.readable);`,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = holder.stdout.getReader();
  await output.read();
  await assertRejects(
    () => start(place.path),
    StoreError,
    "another process uses it, stop that one or change persistence.path",
  );
  await holder.stdin.close();
  await holder.status;
  await output.cancel();
  const { store } = await start(place.path);
  await store.close();
});

Deno.test("A new store is made with and without --recover", async () => {
  for (const recover of [false, true]) {
    await using place = new FolderPlace();
    const observer = new Notes();
    const { store } = await start(place.path, { recover, observer });
    await store.close();
    assertEquals(observer.moves, []);
  }
});

Deno.test("A store that was killed before its first checkpoint is our own", async () => {
  await using place = new FolderPlace();
  const copy = `${place.folder}/copy.db`;
  const medium = await KvMedium.open(place.path);
  await medium.write({ identifier: 1, bytes: Uint8Array.of(0, 0, 0, 0) }, []);
  // Everything is in the log beside the file now.
  for (const suffix of ["", "-wal"]) {
    await Deno.copyFile(place.path + suffix, copy + suffix);
  }
  await medium.close();
  const { store } = await start(copy);
  await store.close();
});
