import { hashPassword } from "../../src/auth/password_hash.ts";
import type { Config } from "../../src/config/mod.ts";
import { assertEquals } from "../_assert.ts";
import type { ConnectFields } from "../conformance/_packets.ts";
import type { RawClient } from "../conformance/_raw_client.ts";
import { FolderPlace } from "../store/_journal.ts";
import { AuthServer } from "./_server.ts";

const users = await Promise.all(
  ["ann", "bob"].map(async (name) =>
    `${name}:${await hashPassword(new TextEncoder().encode(name), 1)}\n`
  ),
);
const FILES = { passwordFile: users.join("") };

/** How a user asks for the session of "shared", which is to last. */
function as(userName: string | null): ConnectFields {
  return {
    clientIdentifier: "shared",
    ...(userName === null ? {} : { userName, password: userName }),
    cleanStart: false,
    properties: [["sessionExpiryInterval", 600]],
  };
}

async function isPresent(
  broker: AuthServer,
  userName: string | null,
): Promise<boolean> {
  const client = await broker.open();
  const { sessionPresent } = await client.connect(as(userName));
  await client.disconnect();
  return sessionPresent;
}

async function assertRefused(
  broker: AuthServer,
  userName: string | null,
): Promise<void> {
  const client: RawClient = await broker.open();
  await client.sendConnect(as(userName));
  await client.expectRefused(0x85);
}

/** Anonymous clients too, and what is kept is kept at `place`. */
function keepAt(place: FolderPlace): (config: Config) => Config {
  return (config) => ({
    ...config,
    auth: { ...config.auth, allowAnonymous: true },
    persistence: { ...config.persistence, path: place.path },
  });
}

Deno.test("A stored session is its user's after a restart, with what was queued for it", async () => {
  await using place = new FolderPlace();
  {
    await using broker = await AuthServer.start(FILES, keepAt(place));
    const ann = await broker.connect(as("ann"));
    await ann.subscribe("t", { options: 1 });
    await ann.disconnect();
    const publisher = await broker.connect({
      ...as("bob"),
      clientIdentifier: "publisher",
    });
    await publisher.deliver({ topic: "t", payload: "secret", qos: 1 });
  }
  await using broker = await AuthServer.start(FILES, keepAt(place));
  for (const other of ["bob", null]) await assertRefused(broker, other);
  const ann = await broker.open();
  assertEquals((await ann.connect(as("ann"))).sessionPresent, true);
  assertEquals((await ann.take()).text, "secret");
  await assertRefused(broker, "bob");
  await ann.ping();
});

Deno.test("A session of clients without a user name is theirs, after a restart too", async () => {
  await using place = new FolderPlace();
  {
    await using broker = await AuthServer.start(FILES, keepAt(place));
    assertEquals(await isPresent(broker, null), false);
    await assertRefused(broker, "ann");
  }
  await using broker = await AuthServer.start(FILES, keepAt(place));
  await assertRefused(broker, "ann");
  assertEquals(await isPresent(broker, null), true);
});

Deno.test("A reload switches off whose sessions are, and on again", async () => {
  await using broker = await AuthServer.start(FILES);
  assertEquals(await isPresent(broker, "ann"), false);
  await assertRefused(broker, "bob");
  const { config } = broker;
  const auth = { ...config.auth, sessionsBelongToUsers: false };
  assertEquals(await broker.server.reload({ ...config, auth }), []);
  assertEquals(await isPresent(broker, "bob"), true);
  assertEquals(await isPresent(broker, "ann"), true);
  await broker.server.reload(config);
  await assertRefused(broker, "bob");
  assertEquals(await isPresent(broker, "ann"), true);
});

Deno.test("A wrong password tells nothing of sessions", async () => {
  await using broker = await AuthServer.start(FILES);
  await broker.connect(as("ann"));
  for (const clientIdentifier of ["shared", "free"]) {
    const client = await broker.open();
    await client.sendConnect({
      ...as("bob"),
      clientIdentifier,
      password: "wrong",
    });
    await client.expectRefused(0x86);
  }
});

Deno.test("A client within the process has sessions of its user", async () => {
  await using broker = await AuthServer.start(FILES);
  assertEquals(await isPresent(broker, "ann"), false);
  const options = { clientIdentifier: "shared", cleanStart: false };
  await using _own = await broker.server.connect({
    ...options,
    userName: "ann",
  });
  const other = await broker.server.connect({ ...options, userName: "bob" })
    .then(() => 0, ({ reasonCode }) => reasonCode);
  assertEquals(other, 0x85);
});
