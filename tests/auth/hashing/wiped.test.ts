import { assertEquals, assertNotEquals } from "../../_assert.ts";

type Derive<Module> = (
  module: Module,
  password: Uint8Array,
) => Promise<Uint8Array>;

/**
 * Whether the memories of WebAssembly, in all that `load` brings, are the same
 * after one password and after another of the same length.
 */
async function assertWiped<Module>(
  load: () => Promise<Module>,
  derive: Derive<Module>,
): Promise<void> {
  const memories = new Set<WebAssembly.Memory>();
  const { Instance, instantiate } = WebAssembly;
  const note = (instance: WebAssembly.Instance) => {
    memories.add(instance.exports.memory as WebAssembly.Memory);
    return instance;
  };
  Object.assign(WebAssembly, {
    Instance: function (module: WebAssembly.Module) {
      return note(new Instance(module));
    },
    instantiate: async (module: WebAssembly.Module) =>
      note(await instantiate(module)),
  });
  try {
    const module = await load();
    const seen: string[][] = [];
    const derived: string[] = [];
    for (const password of ["secret".repeat(250), "others".repeat(250)]) {
      const bytes = await derive(module, new TextEncoder().encode(password));
      derived.push(bytes.toHex());
      const contents = await Promise.all(
        [...memories].map(({ buffer }) =>
          crypto.subtle.digest("SHA-256", new Uint8Array(buffer).slice())
        ),
      );
      const texts = contents.map((each) => new Uint8Array(each).toHex());
      seen.push([...new Set(texts)].sort());
    }
    assertNotEquals(derived[0], derived[1]);
    assertEquals(seen[0], seen[1]);
  } finally {
    Object.assign(WebAssembly, { Instance, instantiate });
  }
}

const salt = new TextEncoder().encode("sixteen bytes...");
const rest = () => {};

/** A module of its own, loaded while somebody watches. */
function address(name: string): string {
  return new URL(
    `../../../src/auth/hashing/${name}?watched`,
    import.meta.url,
  ).href;
}

for (const hash of ["SHA-512", "SHA-256"] as const) {
  Deno.test(`nothing of a password is left in WebAssembly after PBKDF2 with ${hash}`, async () => {
    await assertWiped<
      typeof import("../../../src/auth/hashing/sliced_pbkdf2.ts")
    >(
      () => import(`${address("sliced_pbkdf2.ts")}${hash}`),
      ({ pbkdf2InSlices }, password) =>
        pbkdf2InSlices(hash, password, salt, { iterations: 500, rest }),
    );
  });
}

for (const hashBytes of [32, 64, 100]) {
  Deno.test(`nothing of a password is left in WebAssembly after argon2id of ${hashBytes} bytes`, async () => {
    await assertWiped<
      typeof import("../../../src/auth/hashing/sliced_argon2id.ts")
    >(
      () => import(`${address("sliced_argon2id.ts")}${hashBytes}`),
      ({ argon2idInSlices }, password) =>
        argon2idInSlices(password, salt, {
          ...{ memoryKib: 5_000, passes: 1, lanes: 2, hashBytes, rest },
        }),
    );
  });
}
