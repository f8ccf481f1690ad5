import { assertEquals, assertStrictEquals } from "../_assert.ts";
import { ListenError } from "../../src/cli/server.ts";

const ROWS: readonly [cause: unknown, port: number, told: string][] = [
  [
    new Deno.errors.AddrInUse("Address already in use (os error 98)"),
    1883,
    "port 1883 is in use, stop the program that has it or choose another " +
    "with --port",
  ],
  [
    new Deno.errors.PermissionDenied("Permission denied (os error 13)"),
    80,
    "ports below 1024 are for privileged programs, choose a higher one with " +
    "--port or grant CAP_NET_BIND_SERVICE",
  ],
  [
    new Deno.errors.PermissionDenied("Permission denied (os error 13)"),
    1883,
    "the system does not permit it",
  ],
  [
    new Deno.errors.AddrNotAvailable("Cannot assign requested address"),
    1883,
    "broker.test is no address of this machine, 0.0.0.0 is every one",
  ],
  [
    new Error("failed to lookup address information: Name not known"),
    1883,
    "host broker.test is unknown, check its spelling",
  ],
  [
    new Deno.errors.NotCapable("Requires net access"),
    1883,
    "Deno does not permit it, start it with --allow-net",
  ],
  [new Error("out of sockets"), 1883, "out of sockets"],
];

for (const [cause, port, told] of ROWS) {
  Deno.test(`A listener that does not open says: ${told}`, () => {
    const error = new ListenError(
      { type: "tcp", hostname: "broker.test", port, maximumConnections: 1 },
      "listeners[2]",
      cause,
    );
    assertEquals(
      error.message,
      `Cannot listen on broker.test:${port} (listeners[2].address): ${told}`,
    );
    assertStrictEquals(error.cause, cause);
  });
}
