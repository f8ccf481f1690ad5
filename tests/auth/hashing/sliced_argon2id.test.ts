import fc from "fast-check";
import { argon2id } from "hash-wasm";
import {
  argon2idInSlices,
  type Argon2idParameters,
  BLOCKS_PER_SLICE,
} from "../../../src/auth/hashing/sliced_argon2id.ts";
import { assert, assertEquals, assertRejects } from "../../_assert.ts";

const rest = () => {};

function byHashWasm(
  password: Uint8Array,
  salt: Uint8Array,
  { memoryKib, passes, lanes, hashBytes }: Argon2idParameters,
): Promise<Uint8Array> {
  return argon2id({
    password,
    salt,
    memorySize: memoryKib,
    iterations: passes,
    parallelism: lanes,
    hashLength: hashBytes,
    outputType: "binary",
  });
}

Deno.test("what is derived in slices is what another implementation derives", async () => {
  await fc.assert(
    fc.asyncProperty(
      // The other one refuses an empty password.
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.uint8Array({ minLength: 8, maxLength: 100 }),
      fc.record({
        memoryKib: fc.integer({ min: 40, max: 3_000 }),
        passes: fc.integer({ min: 1, max: 4 }),
        lanes: fc.integer({ min: 1, max: 5 }),
        hashBytes: fc.integer({ min: 4, max: 300 }),
      }),
      async (password, salt, parameters) => {
        assertEquals(
          await argon2idInSlices(password, salt, { ...parameters, rest }),
          await byHashWasm(password, salt, parameters),
        );
      },
    ),
    { numRuns: 60 },
  );
});

/** Each at the edge of something. */
const EDGES: readonly Argon2idParameters[] = [
  // The least there is: segments of two blocks.
  { memoryKib: 8, passes: 1, lanes: 1, hashBytes: 4 },
  { memoryKib: 24, passes: 3, lanes: 3, hashBytes: 32 },
  // One block more than a block has addresses, in each segment.
  { memoryKib: 4 * 129, passes: 2, lanes: 1, hashBytes: 32 },
  { memoryKib: 4 * 128, passes: 2, lanes: 1, hashBytes: 32 },
  // Longer than one BLAKE2b, by one byte, and by a half.
  { memoryKib: 64, passes: 1, lanes: 1, hashBytes: 64 },
  { memoryKib: 64, passes: 1, lanes: 1, hashBytes: 65 },
  { memoryKib: 64, passes: 1, lanes: 1, hashBytes: 96 },
  { memoryKib: 64, passes: 1, lanes: 1, hashBytes: 97 },
  // What is made by default.
  { memoryKib: 19_456, passes: 2, lanes: 1, hashBytes: 32 },
  { memoryKib: 65_536, passes: 1, lanes: 4, hashBytes: 32 },
];

for (const parameters of EDGES) {
  Deno.test(`argon2id with ${JSON.stringify(parameters)} is that of another implementation`, async () => {
    const password = new TextEncoder().encode("correct horse battery staple");
    const salt = new Uint8Array(16).fill(7);
    assertEquals(
      await argon2idInSlices(password, salt, { ...parameters, rest }),
      await byHashWasm(password, salt, parameters),
    );
  });
}

Deno.test("the answer of RFC 9106 without secret and associated data comes out", async () => {
  // Made with the reference implementation: argon2 somesalt -id -t 2 -m 16.
  const hash = await argon2idInSlices(
    new TextEncoder().encode("password"),
    new TextEncoder().encode("somesalt"),
    { memoryKib: 65_536, passes: 2, lanes: 1, hashBytes: 32, rest },
  );
  assertEquals(
    hash.toHex(),
    "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
  );
});

Deno.test("derivations at once do not get into each other", async () => {
  const salt = new Uint8Array(16);
  const parameters = { memoryKib: 64, passes: 2, lanes: 2, hashBytes: 48 };
  const passwords = ["a", "b", "c"].map((text) =>
    new TextEncoder().encode(text)
  );
  const derived = await Promise.all(
    passwords.map((each) =>
      argon2idInSlices(each, salt, { ...parameters, rest })
    ),
  );
  for (const [index, password] of passwords.entries()) {
    assertEquals(derived[index], await byHashWasm(password, salt, parameters));
  }
});

Deno.test("it rests after each slice", async () => {
  let rests = 0;
  await argon2idInSlices(new Uint8Array(8), new Uint8Array(8), {
    memoryKib: 10 * BLOCKS_PER_SLICE,
    passes: 2,
    lanes: 1,
    hashBytes: 32,
    rest: () => rests++,
  });
  // The first two blocks do not count, so the last slice is not a whole one.
  assertEquals(rests, 19);
});

Deno.test("memory that cannot be had is told", async () => {
  const error = await assertRejects(
    () =>
      argon2idInSlices(new Uint8Array(8), new Uint8Array(8), {
        memoryKib: 5_000_000,
        passes: 1,
        lanes: 1,
        hashBytes: 32,
        rest,
      }),
    Error,
  );
  assert(error.message.includes("5000000 KiB"), error.message);
});
