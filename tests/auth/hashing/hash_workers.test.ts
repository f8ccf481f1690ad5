import { pbkdf2 } from "../../../src/auth/_digest.ts";
import {
  derivePbkdf2,
  hashArgon2,
  stopHashWorkers,
  verifyArgon2,
} from "../../../src/auth/hashing/hash_workers.ts";
import { assert, assertEquals, assertRejects } from "../../_assert.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("Workers answer each question with its own answer, more questions than there are Workers", async () => {
  try {
    const salt = encode("salt");
    const passwords = Array.from({ length: 20 }, (_, i) => encode(`p${i}`));
    const derived = await Promise.all(
      passwords.map((each) => derivePbkdf2("SHA-512", each, salt, 1_000)),
    );
    for (const [index, password] of passwords.entries()) {
      assertEquals(
        derived[index],
        await pbkdf2("SHA-512", password, salt, {
          iterations: 1_000,
          bytes: 64,
        }),
      );
    }
  } finally {
    stopHashWorkers();
  }
});

Deno.test("Workers that are told to stop answer first, and the next question starts another", async () => {
  try {
    const late = hashArgon2(encode("secret"));
    stopHashWorkers();
    const hash = await late;
    assert(hash.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"), hash);
    assertEquals(await verifyArgon2(hash, encode("secret")), true);
    assertEquals(await verifyArgon2(hash, encode("Secret")), false);
    assertEquals(await verifyArgon2(hash, encode("")), false);
  } finally {
    stopHashWorkers();
  }
});

Deno.test("a question that makes the Worker fail fails, and the next one does not", async () => {
  try {
    const bad = "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";
    assertEquals(await verifyArgon2(bad, encode("x")), false);
    // No salt, but a length that no memory has.
    const salt = 1e15 as unknown as Uint8Array;
    await assertRejects(
      () => derivePbkdf2("SHA-512", encode("x"), salt, 1_000),
      Error,
      "Cannot compute a hash",
    );
    const hash = await hashArgon2(encode("y"));
    assertEquals(await verifyArgon2(hash, encode("y")), true);
  } finally {
    stopHashWorkers();
  }
});
