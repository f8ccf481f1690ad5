import { UnixAcceptor } from "../../src/transport/unix_acceptor.ts";
import { assert, assertEquals, assertRejects } from "../_assert.ts";

/** Runs `run` with a path in a folder of its own. */
function test(name: string, run: (path: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.build.os === "windows",
    async fn() {
      const directory = await Deno.makeTempDir({ prefix: "rqtt-unix-" });
      try {
        await run(`${directory}/mqtt.sock`);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

function connect(path: string): Promise<Deno.UnixConn> {
  return Deno.connect({ transport: "unix", path });
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

test("a Unix socket has the permissions that it was given", async (path) => {
  for (const mode of [0o600, 0o666]) {
    const acceptor = await UnixAcceptor.open({ path, mode });
    assertEquals(Deno.lstatSync(path).mode! & 0o777, mode);
    acceptor.close();
  }
});

test("connections to a Unix socket are accepted", async (path) => {
  const acceptor = await UnixAcceptor.open({ path, mode: 0o600 });
  const [stream, socket] = await Promise.all([
    acceptor.accept(),
    connect(path),
  ]);
  assertEquals(stream.remoteAddress, "unix");
  assertEquals(acceptor.address, { hostname: "", port: 0, path });
  stream.close();
  socket.close();
  acceptor.close();
});

test("the file of a Unix socket goes when it closes", async (path) => {
  const acceptor = await UnixAcceptor.open({ path, mode: 0o600 });
  assert(exists(path));
  acceptor.close();
  assert(!exists(path));
});

test("a socket file that a crash has left behind is replaced", async (path) => {
  const crashed = Deno.listen({ transport: "unix", path: `${path}.moved` });
  await Deno.rename(`${path}.moved`, path);
  crashed.close();
  await assertRejects(() => connect(path), Deno.errors.ConnectionRefused);
  const acceptor = await UnixAcceptor.open({ path, mode: 0o600 });
  (await connect(path)).close();
  acceptor.close();
});

test("a socket that somebody listens on is left alone", async (path) => {
  const first = await UnixAcceptor.open({ path, mode: 0o600 });
  await assertRejects(
    () => UnixAcceptor.open({ path, mode: 0o600 }),
    Deno.errors.AddrInUse,
  );
  (await connect(path)).close();
  first.close();
});

test("a file that is no socket is left alone", async (path) => {
  await Deno.writeTextFile(path, "precious");
  await assertRejects(
    () => UnixAcceptor.open({ path, mode: 0o600 }),
    Deno.errors.AddrInUse,
  );
  assertEquals(await Deno.readTextFile(path), "precious");
});
