import { argon2id, argon2Verify } from "hash-wasm";
import { storePassword } from "../../src/auth/passwd.ts";
import { stopHashWorkers } from "../../src/auth/hashing/hash_workers.ts";
import { FileError } from "../../src/auth/file_error.ts";
import { HashLimiter } from "../../src/auth/hashing/hash_limiter.ts";
import { PasswordAuthenticator } from "../../src/auth/password_authenticator.ts";
import { parsePasswordFile } from "../../src/auth/password_file.ts";
import {
  hashPassword,
  parsePasswordHash,
} from "../../src/auth/password_hash.ts";
import { assert, assertEquals, assertThrows } from "../_assert.ts";
import { login } from "./_clients.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function verify(text: string, password: string): Promise<boolean> {
  const hash = parsePasswordHash(text);
  if (typeof hash === "string") throw new Error(hash);
  return await hash.verify(encode(password));
}

function limiterOf(maximumWaiting: number): HashLimiter {
  return new HashLimiter({
    maximumRunning: 1,
    maximumWaiting,
    maximumWaitMs: Infinity,
  });
}

function authenticator(text: string, limiter = limiterOf(10)) {
  return new PasswordAuthenticator(parsePasswordFile("users", text), limiter);
}

Deno.test("a password that was hashed here is known again, another is not", async () => {
  for (const password of ["secret", "", "pässwörd", "x".repeat(1_000)]) {
    const text = await hashPassword(encode(password), 10);
    assert(await verify(text, password), text);
    assertEquals(await verify(text, `${password}!`), false);
  }
});

Deno.test("an argon2id entry is known again, in the form that others read too", async () => {
  try {
    const text = await storePassword("secret", {
      kind: "argon2id",
      iterations: undefined,
    });
    assert(text.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"), text);
    assertEquals(await argon2Verify({ password: "secret", hash: text }), true);
    assertEquals(await verify(text, "secret"), true);
    assertEquals(await verify(text, "Secret"), false);
    assertEquals(await verify(text, ""), false);
  } finally {
    stopHashWorkers();
  }
});

Deno.test("an argon2id entry that others made is known", async () => {
  try {
    const text = await argon2id({
      password: "pässwörd",
      salt: new Uint8Array(9).fill(1),
      memorySize: 100,
      iterations: 3,
      parallelism: 2,
      hashLength: 70,
      outputType: "encoded",
    });
    assertEquals(await verify(text, "pässwörd"), true);
    assertEquals(await verify(text, "password"), false);
  } finally {
    stopHashWorkers();
  }
});

const DAMAGED: readonly [string, string][] = [
  ["secret", "users:2: the user has a password that is not hashed"],
  ["$1$a$b", "users:2: the user has a password that is not hashed"],
  ["$7$0$YQ==$YQ==", "users:2: the user has a number of iterations"],
  ["$7$99999999$YQ==$YQ==", "users:2: the user has a number of iterations"],
  ["$7$1$YQ==$YQ==", "users:2: the user has a hash that is cut short"],
  ["$6$!$YQ==", "users:2: the user has a hash that is cut short"],
  ["$6$YQ==", "users:2: the user has a hash that is cut short"],
  ["$argon2id$v=19$m=1", "users:2: the user has an argon2id entry"],
  [
    "$argon2id$v=19$m=7,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    "users:2: the user has an argon2id entry that is weaker",
  ],
  [
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$aGFzaGhhc2g",
    "users:2: the user has an argon2id entry that is weaker",
  ],
  [
    "$argon2id$v=19$m=1048577,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    "users:2: the user has an argon2id entry above m=1048576",
  ],
  ["SCRAM-SHA-256$1:a", "users:2: the user has a SCRAM entry"],
];

for (const [hash, problem] of DAMAGED) {
  Deno.test(`a damaged line is told by file and line: ${hash}`, () => {
    const text = `# users\nalice:${hash}\n`;
    const { message } = assertThrows(
      () => parsePasswordFile("users", text),
      FileError,
    );
    assert(message.includes(problem), message);
    assert(!message.includes(hash), "a hash must not get into the log");
  });
}

Deno.test("a line without user is told by file and line", () => {
  for (const line of ["alice", ":$6$a$b"]) {
    assertThrows(() => parsePasswordFile("users", line), FileError, "users:1:");
  }
});

Deno.test("the right password lets in, a wrong one does not, an unknown user is passed on", async () => {
  const users = authenticator(`alice:${await hashPassword(encode("a"), 1)}`);
  const answer = async (...of: Parameters<typeof login>) =>
    (await users.authenticate(login(...of))).answer;
  assertEquals(await answer("alice", "a"), "allow");
  assertEquals(await answer("alice", "b"), "deny");
  assertEquals(await answer("alice", null), "deny");
  assertEquals(await answer("bob", "a"), "pass");
  assertEquals(await answer(null), "pass");
});

Deno.test("unknown users cost the checks of passwords that there are, in the same shares, each always the same", async () => {
  const stored = await Promise.all(
    [7, 5, 5, 5].map((iterations) => hashPassword(encode("a"), iterations)),
  );
  const hashes = parsePasswordFile(
    "users",
    stored.map((text, index) => `u${index}:${text}`).join("\n"),
  );
  const verified: string[] = [];
  for (const hash of hashes.values()) {
    const verify = () => {
      verified.push(hash.text.split("$")[2]);
      return Promise.resolve(false);
    };
    Object.assign(hash, { verify });
  }
  const ask = async (...userNames: string[]) => {
    verified.length = 0;
    for (const userName of userNames) {
      await users.authenticate(login(userName, "wrong"));
    }
    return [...verified];
  };
  let users = new PasswordAuthenticator(hashes, limiterOf(1));
  assertEquals(await ask("u0"), ["7"]);
  const names = Array.from({ length: 2_000 }, (_, i) => `nobody${i}`);
  const first = await ask(...names);
  const share = first.filter((cost) => cost === "7").length / names.length;
  assert(share > 0.2 && share < 0.3, `a share of ${share}`);
  // As after a reload.
  users = new PasswordAuthenticator(hashes, limiterOf(1));
  assertEquals(await ask(...names), first);
});

Deno.test("a bounded number of checks runs and waits, more are refused with 0x89", async () => {
  const limiter = limiterOf(1);
  const users = authenticator(
    `alice:${await hashPassword(encode("a"), 1)}`,
    limiter,
  );
  const answers = [1, 2, 3].map(() => users.authenticate(login("alice", "a")));
  assertEquals(answers[2], {
    answer: "deny",
    cause: "too many passwords wait to be checked",
    reasonCode: 0x89,
  });
  for (const answer of answers.slice(0, 2)) {
    assertEquals((await answer).answer, "allow");
  }
  assertEquals(limiter.isFull, false);
});

Deno.test("the password of a client that has gone meanwhile is not checked, and is no failed login", async () => {
  const hashes = parsePasswordFile(
    "users",
    `alice:${await hashPassword(encode("a"), 1)}`,
  );
  const isRight = Promise.withResolvers<boolean>();
  let checkCount = 0;
  const verify = () => {
    checkCount++;
    return isRight.promise;
  };
  Object.assign(hashes.get("alice")!, { verify });
  const users = new PasswordAuthenticator(hashes, limiterOf(10));
  const answers = [false, true, false].map((isGone) =>
    users.authenticate({
      ...login("alice", "a"),
      isAbandoned: () => isGone,
    })
  );
  isRight.resolve(true);
  const verdicts = await Promise.all(answers);
  assertEquals(
    verdicts.map((verdict) =>
      verdict.answer === "deny" ? verdict.reasonCode : verdict.answer
    ),
    ["allow", 0x89, "allow"],
  );
  assertEquals(checkCount, 2);
});

Deno.test("an unknown user costs exactly the work of a wrong password", async () => {
  const entries = await Promise.all([
    hashPassword(new TextEncoder().encode("a"), 7),
    hashPassword(new TextEncoder().encode("b"), 7),
    hashPassword(new TextEncoder().encode("c"), 7),
  ]);
  const hashes = parsePasswordFile(
    "users",
    entries.map((text, index) => `user${index}:${text}\n`).join(""),
  );
  const link = new PasswordAuthenticator(hashes, limiterOf(10));
  const { deriveBits } = crypto.subtle;
  const work: unknown[] = [];
  crypto.subtle.deriveBits = (...args: Parameters<typeof deriveBits>) => {
    const { name, iterations, hash } = args[0] as Pbkdf2Params;
    work.push([name, iterations, hash, args[2]]);
    return deriveBits.apply(crypto.subtle, args);
  };
  try {
    const verdicts = [];
    for (const userName of ["user0", "nobody"]) {
      verdicts.push((await link.authenticate(login(userName, "x"))).answer);
    }
    assertEquals(verdicts, ["deny", "pass"]);
  } finally {
    crypto.subtle.deriveBits = deriveBits;
  }
  assertEquals(work.length, 2);
  assertEquals(work[0], work[1]);
});
