import fc from "fast-check";
import { pbkdf2, type Pbkdf2Hash } from "../../../src/auth/_digest.ts";
import { pbkdf2InSlices } from "../../../src/auth/hashing/sliced_pbkdf2.ts";
import { assertEquals } from "../../_assert.ts";

const HASHES = ["SHA-512", "SHA-256"] as const;

function byWebCrypto(
  hash: Pbkdf2Hash,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  const bytes = hash === "SHA-512" ? 64 : 32;
  return pbkdf2(hash, password, salt, { iterations, bytes });
}

const rest = () => {};

Deno.test("what is derived in slices is what WebCrypto derives", async () => {
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(...HASHES),
    // A key as long as a block goes in as it is, a longer one is hashed.
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 1, max: 1_000 }),
    async (hash, password, salt, iterations) => {
      assertEquals(
        await pbkdf2InSlices(hash, password, salt, { iterations, rest }),
        await byWebCrypto(hash, password, salt, iterations),
      );
    },
  ));
});

for (const hash of HASHES) {
  for (const length of [0, 1, 55, 63, 64, 65, 111, 127, 128, 129, 256]) {
    Deno.test(`a password of ${length} bytes is derived with ${hash} as WebCrypto does`, async () => {
      const password = new Uint8Array(length).fill(0xa5);
      const salt = new TextEncoder().encode("twelve bytes");
      const iterations = 10_000;
      assertEquals(
        await pbkdf2InSlices(hash, password, salt, { iterations, rest }),
        await byWebCrypto(hash, password, salt, iterations),
      );
    });
  }
}

Deno.test("derivations at once do not get into each other", async () => {
  const questions = ["a", "b".repeat(129), "c"].flatMap((text) =>
    HASHES.map((hash) => ({ hash, password: new TextEncoder().encode(text) }))
  );
  const salt = new Uint8Array(16);
  const derived = await Promise.all(
    questions.map(({ hash, password }) =>
      pbkdf2InSlices(hash, password, salt, { iterations: 700, rest })
    ),
  );
  for (const [index, { hash, password }] of questions.entries()) {
    const expected = await byWebCrypto(hash, password, salt, 700);
    assertEquals(derived[index], expected);
  }
});

Deno.test("it rests after each slice", async () => {
  const restsOf = async (iterations: number) => {
    let rests = 0;
    await pbkdf2InSlices("SHA-512", new Uint8Array(8), new Uint8Array(8), {
      iterations,
      rest: () => rests++,
    });
    return rests;
  };
  // The first iteration is not one of the slices.
  assertEquals(await restsOf(1), 0);
  assertEquals(await restsOf(301), 1);
  assertEquals(await restsOf(302), 2);
  assertEquals(await restsOf(10_000), 34);
});
