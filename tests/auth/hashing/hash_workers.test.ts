import { pbkdf2 } from "../../../src/auth/_digest.ts";
import {
  deriveArgon2id,
  derivePbkdf2,
  stopHashWorkers,
} from "../../../src/auth/hashing/hash_workers.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "../../_assert.ts";

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

const CHEAP = { memoryKib: 64, passes: 1, lanes: 1, hashBytes: 32 };

Deno.test("Workers that are told to stop answer first, and the next question starts another", async () => {
  try {
    const late = deriveArgon2id(encode("secret"), encode("saltsalt"), CHEAP);
    stopHashWorkers();
    const hash = await late;
    assertEquals(
      hash,
      await deriveArgon2id(encode("secret"), encode("saltsalt"), CHEAP),
    );
    assertNotEquals(
      hash,
      await deriveArgon2id(encode("Secret"), encode("saltsalt"), CHEAP),
    );
  } finally {
    stopHashWorkers();
  }
});

Deno.test("a question that cannot be answered says why, and the next one is answered", async () => {
  try {
    await assertRejects(
      () =>
        deriveArgon2id(encode("x"), encode("saltsalt"), {
          ...CHEAP,
          memoryKib: 5_000_000,
        }),
      Error,
      "Cannot compute a hash: Error: no memory for argon2id: 5000000 KiB",
    );
    const hash = await deriveArgon2id(encode("x"), encode("saltsalt"), CHEAP);
    assertEquals(hash.length, 32);
  } finally {
    stopHashWorkers();
  }
});

Deno.test("a Worker that dies says why to all who wait for it, and the next question starts another", async () => {
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    constructor(_address: string | URL, options?: WorkerOptions) {
      super("data:text/javascript,throw new Error('broken')", options);
    }
  };
  const ask = () => deriveArgon2id(encode("x"), encode("saltsalt"), CHEAP);
  try {
    for (const answer of await Promise.allSettled([ask(), ask(), ask()])) {
      assertEquals(answer.status, "rejected");
      const { message } = (answer as PromiseRejectedResult).reason as Error;
      assert(/^Cannot compute a hash: .*broken/.test(message), message);
    }
    globalThis.Worker = Worker;
    assertEquals((await ask()).length, 32);
  } finally {
    globalThis.Worker = Worker;
    stopHashWorkers();
  }
});
