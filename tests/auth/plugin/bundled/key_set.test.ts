import { decodeProtectedHeader } from "jose";
import {
  KeySet,
  KeysUnavailableError,
  type LoadedKeys,
} from "../../../../src/auth/plugin/bundled/jwt/key_set.ts";
import { assertEquals, assertRejects } from "../../../_assert.ts";
import { Issuer } from "./_issuer.ts";

const TIMES = { lifetimeMs: 600_000, staleMs: 3_600_000, coolDownMs: 10_000 };

async function given(lifetimeMs: number | null = null, times = TIMES) {
  const issuer = await new Issuer().add("old");
  const world = {
    issuer,
    nowMs: 0,
    loadCount: 0,
    failures: [] as string[],
    load: (): Promise<LoadedKeys> =>
      Promise.resolve({ keys: issuer.jwks(), lifetimeMs }),
    /** Which key the token of that name is verified with. */
    async find(kid: string): Promise<void> {
      const token = await issuer.sign(kid);
      await keys.find(decodeProtectedHeader(token) as { alg: string }, {
        payload: "",
        signature: "",
      });
    },
  };
  const keys = new KeySet(
    {
      load() {
        world.loadCount++;
        return world.load();
      },
    },
    times,
    {
      nowMs: () => world.nowMs,
      onFailure({ message }, isServed) {
        world.failures.push(`${message} ${isServed}`);
      },
    },
  );
  return world;
}

const test = (name: string, run: () => Promise<void>) =>
  Deno.test(name, { permissions: "none" }, run);

test("keys are loaded once for many tokens, and again when their lifetime is over", async () => {
  const world = await given();
  await Promise.all([world.find("old"), world.find("old"), world.find("old")]);
  world.nowMs = TIMES.lifetimeMs - 1;
  await world.find("old");
  assertEquals(world.loadCount, 1);
  world.nowMs++;
  await world.find("old");
  assertEquals(world.loadCount, 2);
});

test("the issuer may ask for a shorter lifetime, down to the cool-down", async () => {
  for (const [asked, lifetime] of [[60_000, 60_000], [0, 10_000]]) {
    const world = await given(asked);
    await world.find("old");
    world.nowMs = lifetime - 1;
    await world.find("old");
    assertEquals(world.loadCount, 1);
    world.nowMs = lifetime;
    await world.find("old");
    assertEquals(world.loadCount, 2);
  }
});

test("keys that must not be stored serve until the cool-down is over", async () => {
  const world = await given(0, { ...TIMES, staleMs: 0 });
  await world.find("old");
  world.nowMs = TIMES.coolDownMs - 1;
  await world.find("old");
  assertEquals(world.loadCount, 1);
});

test("a token that names a new key makes the keys load again", async () => {
  const world = await given();
  await world.find("old");
  await world.issuer.add("new");
  world.nowMs = TIMES.coolDownMs;
  await world.find("new");
  assertEquals(world.loadCount, 2);
});

test("made-up names of keys load no more often than the cool-down allows", async () => {
  const world = await given();
  await world.find("old");
  await world.issuer.add("stranger");
  world.load = () =>
    Promise.resolve({ keys: world.issuer.jwks("old"), lifetimeMs: null });
  for (let second = 1; second <= 30; second++) {
    world.nowMs = second * 1_000;
    await assertRejects(() => world.find("stranger"), Error);
  }
  assertEquals(world.loadCount, 1 + 3);
  await world.find("old");
});

test("during an outage old keys serve for a bounded time", async () => {
  const world = await given();
  const { load } = world;
  await world.find("old");
  world.load = () => Promise.reject(new Error("away"));
  world.nowMs = TIMES.lifetimeMs;
  await world.find("old");
  assertEquals(world.failures, ["away true"]);
  world.nowMs = TIMES.lifetimeMs + TIMES.staleMs - 1;
  await world.find("old");
  world.nowMs += 1_000;
  await assertRejects(() => world.find("old"), KeysUnavailableError, "away");
  assertEquals(world.failures.at(-1), "away false");
  world.load = load;
  world.nowMs += 1_000;
  await world.find("old");
});

test("during an outage nobody knows whether a new key is good", async () => {
  const world = await given();
  await world.find("old");
  await world.issuer.add("new");
  world.load = () => Promise.reject(new Error("away"));
  world.nowMs = TIMES.coolDownMs;
  for (let i = 0; i < 2; i++) {
    await assertRejects(() => world.find("new"), KeysUnavailableError, "away");
    await world.find("old");
  }
  assertEquals(world.loadCount, 2);
});

test("while the issuer is slow to fail, nobody waits for it", async () => {
  const world = await given();
  await world.find("old");
  world.load = () => Promise.reject(new Error("away"));
  world.nowMs = TIMES.lifetimeMs;
  await world.find("old");
  const answer = Promise.withResolvers<LoadedKeys>();
  world.load = () => answer.promise;
  world.nowMs += 1_000;
  await world.find("old");
  assertEquals(world.loadCount, 3);
  answer.resolve({ keys: world.issuer.jwks(), lifetimeMs: null });
});

test("without keys every token waits for the same look, and fails with it", async () => {
  const world = await given();
  world.load = () => Promise.reject(new Error("away"));
  await Promise.all(
    [1, 2, 3].map(() =>
      assertRejects(() => world.find("old"), KeysUnavailableError, "away")
    ),
  );
  assertEquals(world.loadCount, 1);
});
