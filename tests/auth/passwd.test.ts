import { stopHashWorkers } from "../../src/auth/hashing/hash_workers.ts";
import { parsePasswordFile } from "../../src/auth/password_file.ts";
import { command } from "../../src/cli/commands/passwd.ts";
import { UsageError } from "../../src/cli/command.ts";
import { assertEquals, assertMatch, assertRejects } from "../_assert.ts";
import { fakeSurroundings } from "../cli/_surroundings.ts";

async function run(args: string[], answers: string[] = []) {
  const { surroundings, errors } = fakeSurroundings({
    hasTerminal: true,
    askPassword: () => answers.shift() ?? null,
  });
  return { exitCode: await command.run(args, surroundings), errors };
}

async function verifies(file: string, user: string, password: string) {
  const hashes = parsePasswordFile(file, await Deno.readTextFile(file));
  try {
    return await hashes.get(user)?.verify(new TextEncoder().encode(password));
  } finally {
    stopHashWorkers();
  }
}

async function inDirectory(test: (directory: string) => Promise<void>) {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function hasMosquitto(): boolean {
  try {
    new Deno.Command("mosquitto_passwd", { stderr: "null", stdout: "null" })
      .outputSync();
    return true;
  } catch {
    return false;
  }
}

Deno.test("passwd makes, changes and removes users and leaves the rest as it is", () =>
  inDirectory(async (directory) => {
    const file = `${directory}/users`;
    assertEquals((await run(["-c", "-b", file, "a", "1"])).exitCode, 0);
    await Deno.writeTextFile(file, "# kept\n", { append: true });
    assertEquals((await run([file, "b"], ["2", "2"])).exitCode, 0);
    assertEquals((await run(["-b", file, "a", "3"])).exitCode, 0);
    assertEquals(await verifies(file, "a", "3"), true);
    assertEquals(await verifies(file, "a", "1"), false);
    assertEquals(await verifies(file, "b", "2"), true);
    assertEquals((await run(["-D", file, "a"])).exitCode, 0);
    assertMatch(await Deno.readTextFile(file), /^# kept\nb:\$7\$/);
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    const left = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assertEquals(left, ["users"]);
  }));

Deno.test("passwd takes the password from a pipe, written once or twice", () =>
  inDirectory(async (directory) => {
    const file = `${directory}/users`;
    const pipe = async (user: string, text: string) => {
      const { surroundings, errors } = fakeSurroundings({
        hasTerminal: false,
        openInput: () => new Blob([text]).stream(),
      });
      await command.run(["-c", file, user], surroundings);
      return errors;
    };
    for (const text of ["s e", "s e\n", "s e\r\n", "s e\ns e\n"]) {
      assertEquals(await pipe("a", text), []);
      assertEquals(await verifies(file, "a", "s e"), true, text);
    }
    for (const text of ["", "\n", "s\nt\n", "s\n\n"]) {
      assertEquals((await pipe("b", text)).length, 1, text);
    }
    assertEquals(await verifies(file, "a", "s e"), true);
  }));

Deno.test({
  name:
    "passwd keeps owner, mode and links, so that the broker can go on reading",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inDirectory(async (directory) => {
      const file = `${directory}/users`;
      const link = `${directory}/link`;
      await run(["-c", "-b", file, "a", "1"]);
      await Deno.chmod(file, 0o640);
      if (Deno.uid() === 0) await Deno.chown(file, 65_534, 65_534);
      await Deno.symlink("users", link);
      const before = await Deno.stat(file);
      assertEquals((await run(["-b", link, "b", "2"])).errors, []);
      assertEquals((await Deno.lstat(link)).isSymlink, true);
      const after = await Deno.stat(file);
      assertEquals(await verifies(file, "b", "2"), true);
      for (const key of ["mode", "uid", "gid"] as const) {
        assertEquals(after[key], before[key], key);
      }
    }),
});

Deno.test("passwd tells what it cannot do and changes nothing", () =>
  inDirectory(async (directory) => {
    const file = `${directory}/users`;
    assertEquals((await run(["-b", file, "a", "1"])).errors, [
      `Cannot change ${file}: no such file, -c makes one`,
    ]);
    await run(["-c", "-b", file, "a", "1"]);
    const before = await Deno.readTextFile(file);
    for (const args of [["-D", file, "b"], [file, "a"]]) {
      const { exitCode } = await run(args, ["1", "2"]);
      assertEquals(exitCode, 1);
    }
    assertEquals(await Deno.readTextFile(file), before);
  }));

Deno.test("each kind of entry that passwd makes verifies", () =>
  inDirectory(async (directory) => {
    const file = `${directory}/users`;
    await Deno.writeTextFile(file, "");
    for (const kind of ["sha512-pbkdf2", "scram-sha-256"]) {
      const args = ["-H", kind, "-I", "4096", "-b", file, kind, "secret"];
      assertEquals((await run(args)).errors, []);
      assertEquals(await verifies(file, kind, "secret"), true);
      assertEquals(await verifies(file, kind, "Secret"), false);
    }
  }));

Deno.test("passwd makes no entry that clients refuse or that is a comment", () =>
  inDirectory(async (directory) => {
    const file = `${directory}/users`;
    for (
      const args of [
        ["-c", "-H", "scram-sha-256", "-I", "4095", "-b", file, "a", "p"],
        ["-c", "-b", file, "#a", "p"],
      ]
    ) await assertRejects(() => run(args), UsageError);
  }));

Deno.test({
  name: "what mosquitto_passwd writes is read here",
  ignore: !hasMosquitto(),
  fn: () =>
    inDirectory(async (directory) => {
      const file = `${directory}/users`;
      const make = async (...args: string[]) => {
        const { success } = await new Deno.Command("mosquitto_passwd", {
          args,
          stderr: "null",
        }).output();
        assertEquals(success, true);
      };
      await make("-c", "-b", file, "a", "pässword 1");
      await make("-b", file, "b", "2");
      assertEquals(await verifies(file, "a", "pässword 1"), true);
      assertEquals(await verifies(file, "b", "2"), true);
      assertEquals(await verifies(file, "b", "1"), false);
      await Deno.writeTextFile(file, "c:plain\n");
      await make("-U", file);
      assertEquals(await verifies(file, "c", "plain"), true);
      // It changes a file of ours, too.
      assertEquals((await run(["-b", file, "d", "4"])).exitCode, 0);
      await make("-D", file, "c");
      assertEquals(await verifies(file, "d", "4"), true);
    }),
});
