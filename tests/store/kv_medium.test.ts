import { KvMedium, StoreError } from "../../src/store/mod.ts";
import { assert, assertEquals, assertRejects } from "../_assert.ts";
import { FolderPlace } from "./_journal.ts";

/** Bytes that differ from place to place. */
function makeBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

async function readAll(medium: KvMedium) {
  const found: [number, Uint8Array | string][] = [];
  for await (const segment of medium.read()) {
    found.push([
      segment.identifier,
      "bytes" in segment ? segment.bytes : segment.cause,
    ]);
  }
  return found;
}

async function withMedium<T>(
  { path }: FolderPlace,
  use: (medium: KvMedium) => Promise<T>,
): Promise<T> {
  const medium = await KvMedium.open(path);
  try {
    return await use(medium);
  } finally {
    await medium.close();
  }
}

/** Changes the database behind the medium's back. */
async function withKv<T>(
  { path }: FolderPlace,
  use: (kv: Deno.Kv) => Promise<T>,
): Promise<T> {
  using kv = await Deno.openKv(path);
  return await use(kv);
}

async function journalKeys(place: FolderPlace): Promise<Deno.KvKey[]> {
  return await withKv(place, async (kv) => {
    const keys: Deno.KvKey[] = [];
    for await (const { key } of kv.list({ prefix: ["journal"] })) {
      keys.push(key);
    }
    return keys;
  });
}

const SIZES = [
  4,
  61_439,
  61_440,
  61_441,
  // The most that one atomic operation takes, and more.
  12 * 61_440,
  12 * 61_440 + 1,
  13 * 61_440,
  25 * 61_440 + 17,
];

Deno.test("Segments of any size come back as they were", async () => {
  await using place = new FolderPlace();
  const segments = SIZES.map((length, i) =>
    [i + 1, makeBytes(length)] as const
  );
  await withMedium(place, async (medium) => {
    for (const [identifier, bytes] of segments) {
      await medium.write({ identifier, bytes }, []);
    }
  });
  await withMedium(place, async (medium) => {
    assertEquals(
      await readAll(medium),
      segments.map(([i, bytes]) => [i, bytes]),
    );
  });
});

Deno.test("No value is over 64 KiB", async () => {
  await using place = new FolderPlace();
  await withMedium(
    place,
    (medium) => medium.write({ identifier: 1, bytes: makeBytes(300_000) }, []),
  );
  await withKv(place, async (kv) => {
    const values = kv.list<Uint8Array>({ prefix: ["journal"] });
    for await (const { value } of values) assert(value.length <= 65_536);
  });
});

Deno.test("Removed segments leave nothing behind, however many parts they have", async () => {
  await using place = new FolderPlace();
  await withMedium(place, async (medium) => {
    for (let identifier = 1; identifier <= 1_200; identifier++) {
      const bytes = makeBytes(identifier === 7 ? 400_000 : 10);
      await medium.write({ identifier, bytes }, []);
    }
    const removed = Array.from({ length: 1_200 }, (_, i) => i + 1);
    await medium.write({ identifier: 1_201, bytes: makeBytes(10) }, removed);
  });
  assertEquals(await journalKeys(place), [["journal", 1_201, 0]]);
});

Deno.test("Segments that another medium wrote can be removed", async () => {
  await using place = new FolderPlace();
  await withMedium(
    place,
    (medium) => medium.write({ identifier: 1, bytes: makeBytes(200_000) }, []),
  );
  await withMedium(place, async (medium) => {
    await readAll(medium);
    await medium.write({ identifier: 2, bytes: makeBytes(10) }, [1]);
  });
  assertEquals(await journalKeys(place), [["journal", 2, 0]]);
});

Deno.test("A file that is mostly free is made smaller when it is opened", async () => {
  await using place = new FolderPlace();
  const bytes = makeBytes(1_048_576);
  const last = 25;
  await withMedium(place, async (medium) => {
    for (let identifier = 1; identifier <= last; identifier++) {
      await medium.write({ identifier, bytes }, []);
    }
    const removed = Array.from({ length: last - 1 }, (_, i) => i + 1);
    await medium.write({ identifier: last + 1, bytes: makeBytes(4) }, removed);
  });
  const before = Deno.statSync(place.path).size;
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), [
      [last, bytes],
      [last + 1, makeBytes(4)],
    ]);
    await medium.write({ identifier: last + 2, bytes: makeBytes(5) }, []);
  });
  const after = Deno.statSync(place.path).size;
  assert(before > 20 * bytes.length, `${before} bytes at first`);
  assert(after < 3 * bytes.length, `${after} bytes in the end`);
});

Deno.test("A write that a crash cut off is ignored, and does no harm to the next of its number", async () => {
  await using place = new FolderPlace();
  const [first, second] = [makeBytes(10), makeBytes(70_000)];
  await withMedium(
    place,
    (medium) => medium.write({ identifier: 1, bytes: first }, []),
  );
  await withKv(place, async (kv) => {
    const stray = new Uint8Array(61_442).fill(0xaa);
    for (let part = 29; part >= 1; part--) {
      await kv.set(["journal", 2, part], stray);
    }
  });
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), [[1, first]]);
    await medium.write({ identifier: 2, bytes: second }, []);
  });
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), [[1, first], [2, second]]);
  });
});

Deno.test("Strays of a huge write are removed, as many as they are", async () => {
  await using place = new FolderPlace();
  await withMedium(place, () => Promise.resolve());
  await withKv(place, async (kv) => {
    for (let start = 1; start < 2_500; start += 500) {
      const operation = kv.atomic();
      for (let part = start; part < start + 500; part++) {
        operation.set(["journal", 1, part], new Uint8Array(2));
      }
      await operation.commit();
    }
  });
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), []);
  });
  assertEquals(await journalKeys(place), []);
});

Deno.test("Removed segments of which a crash left the end over are ignored", async () => {
  await using place = new FolderPlace();
  await withMedium(place, async (medium) => {
    await medium.write({ identifier: 1, bytes: makeBytes(200_000) }, []);
    await medium.write({ identifier: 2, bytes: makeBytes(10) }, []);
  });
  await withKv(place, (kv) => kv.delete(["journal", 1, 0]));
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), [[2, makeBytes(10)]]);
  });
  assertEquals(await journalKeys(place), [["journal", 2, 0]]);
});

Deno.test("A part that is missing is told of", async () => {
  await using place = new FolderPlace();
  await withMedium(
    place,
    (medium) => medium.write({ identifier: 1, bytes: makeBytes(200_000) }, []),
  );
  await withKv(place, (kv) => kv.delete(["journal", 1, 2]));
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), [
      [1, "segment 1 has 2 of its 4 parts"],
    ]);
  });
});

Deno.test("Segments that are missing are told of", async () => {
  await using place = new FolderPlace();
  await withMedium(place, async (medium) => {
    for (let identifier = 5; identifier <= 9; identifier++) {
      await medium.write({ identifier, bytes: makeBytes(4) }, []);
    }
  });
  await withKv(place, async (kv) => {
    for (const identifier of [6, 7]) {
      await kv.delete(["journal", identifier, 0]);
    }
  });
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), [
      [5, makeBytes(4)],
      [6, "segments 6 to 7 are missing"],
      [8, makeBytes(4)],
      [9, makeBytes(4)],
    ]);
  });
});

Deno.test("The store of a newer version is refused and left as it is", async () => {
  await using place = new FolderPlace();
  await withMedium(place, () => Promise.resolve());
  await withKv(place, (kv) => kv.set(["rqtt", "format"], 4));
  await assertRejects(
    () => KvMedium.open(place.path),
    StoreError,
    "its format is version 4, this RQTT knows 3; start the newer RQTT",
  );
  await withKv(place, async (kv) => {
    assertEquals((await kv.get(["rqtt", "format"])).value, 4);
  });
});

Deno.test("The store of an older version is read and becomes one of this version", async () => {
  await using place = new FolderPlace();
  await withMedium(
    place,
    (medium) => medium.write({ identifier: 1, bytes: makeBytes(9) }, []),
  );
  await withKv(place, (kv) => kv.set(["rqtt", "format"], 2));
  await withMedium(place, async (medium) => {
    assertEquals(await readAll(medium), [[1, makeBytes(9)]]);
  });
  await withKv(place, async (kv) => {
    assertEquals((await kv.get(["rqtt", "format"])).value, 3);
  });
});

Deno.test("The Deno KV database of another program is refused and left as it is", async () => {
  await using place = new FolderPlace();
  await withKv(place, (kv) => kv.set(["journal"], "mine"));
  await assertRejects(
    () => KvMedium.open(place.path),
    StoreError,
    "it is the database of another program",
  );
  await withKv(place, async (kv) => {
    assertEquals((await kv.get(["journal"])).value, "mine");
    assertEquals((await kv.get(["rqtt", "format"])).value, null);
  });
});
