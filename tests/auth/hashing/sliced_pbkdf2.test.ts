import fc from "fast-check";
import { pbkdf2 } from "../../../src/auth/_digest.ts";
import { deriveInSlices } from "../../../src/auth/hashing/sliced_pbkdf2.ts";
import { compileKernel, KERNEL } from "../../../src/cli/packaging/_kernel.ts";
import { assertEquals } from "../../_assert.ts";

function byWebCrypto(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  return pbkdf2("SHA-512", password, salt, { iterations, bytes: 64 });
}

const rest = () => {};

Deno.test("what is derived in slices is what WebCrypto derives", async () => {
  await fc.assert(fc.asyncProperty(
    // A key of up to 128 bytes goes in as it is, a longer one is hashed.
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 1, max: 1_000 }),
    async (password, salt, iterations) => {
      assertEquals(
        await deriveInSlices(password, salt, { iterations, rest }),
        await byWebCrypto(password, salt, iterations),
      );
    },
  ));
});

for (const length of [0, 1, 111, 112, 127, 128, 129, 256]) {
  Deno.test(`a password of ${length} bytes is derived as WebCrypto does`, async () => {
    const password = new Uint8Array(length).fill(0xa5);
    const salt = new TextEncoder().encode("twelve bytes");
    assertEquals(
      await deriveInSlices(password, salt, { iterations: 10_000, rest }),
      await byWebCrypto(password, salt, 10_000),
    );
  });
}

Deno.test("two derivations at once do not get into each other", async () => {
  const passwords = ["a", "b".repeat(129), "c"].map((text) =>
    new TextEncoder().encode(text)
  );
  const salt = new Uint8Array(16);
  const derived = await Promise.all(
    passwords.map((each) =>
      deriveInSlices(each, salt, { iterations: 700, rest })
    ),
  );
  for (const [index, password] of passwords.entries()) {
    assertEquals(derived[index], await byWebCrypto(password, salt, 700));
  }
});

Deno.test("it rests after each slice", async () => {
  const restsOf = async (iterations: number) => {
    let rests = 0;
    await deriveInSlices(new Uint8Array(8), new Uint8Array(8), {
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

Deno.test("the WebAssembly that is committed is that of its source", async () => {
  assertEquals(await compileKernel(), await Deno.readFile(KERNEL));
});
