import { KeyFile } from "../../../../src/auth/plugin/bundled/jwt/key_file.ts";
import { assertEquals, assertRejects } from "../../../_assert.ts";

const encoder = new TextEncoder();

async function given() {
  const world = {
    nowMs: 0,
    text: "first",
    lookCount: 0,
    failures: [] as string[],
    async key(): Promise<string> {
      const key = await file.find({ alg: "HS256" }, {
        payload: "",
        signature: "",
      });
      return new TextDecoder().decode(key as Uint8Array);
    },
  };
  const parse = (text: string) => {
    if (text === "bad") throw new TypeError("it is bad");
    return () => encoder.encode(text);
  };
  const surroundings = {
    readTextFile: () => Promise.resolve(world.text),
    fingerprint() {
      world.lookCount++;
      return world.text === "gone"
        ? Promise.reject(new Error("no such file"))
        : Promise.resolve(world.text);
    },
    nowMs: () => world.nowMs,
    onFailure: ({ message }: Error) => world.failures.push(message),
  };
  const file = await KeyFile.open("key", parse, surroundings);
  return { world, open: () => KeyFile.open("key", parse, surroundings) };
}

const test = (name: string, run: () => Promise<void>) =>
  Deno.test(name, { permissions: "none" }, run);

test("a key in a file is read again once the file has changed", async () => {
  const { world } = await given();
  world.text = "second";
  world.nowMs = 999;
  assertEquals([await world.key(), world.lookCount], ["first", 1]);
  world.nowMs = 1_000;
  assertEquals([await world.key(), world.lookCount], ["second", 2]);
});

test("a file that cannot be used any more changes nothing, and is told of once", async () => {
  const { world } = await given();
  for (const text of ["gone", "gone", "bad", "bad", "first", "third"]) {
    world.text = text;
    world.nowMs += 1_000;
    assertEquals(await world.key(), text === "third" ? "third" : "first");
  }
  assertEquals(world.failures, ["no such file", "it is bad"]);
});

test("a file that cannot be used at first is an error", async () => {
  const { world, open } = await given();
  world.text = "bad";
  await assertRejects(open, TypeError, "it is bad");
});
