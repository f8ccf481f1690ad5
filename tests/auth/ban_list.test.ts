import { BanList } from "../../src/auth/ban_list.ts";
import { FileError } from "../../src/auth/file_error.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import { AuthServer } from "./_server.ts";

const BANS = `# who is not welcome
address 192.0.2.0/24
address 2001:db8::/32
address 198.51.100.7
address ::ffff:203.0.113.128/121
client bad client
user mallory
`;

/** `address client user` and the line that bans, `-` if none. */
const CASES: readonly [string, string, string | null, string][] = [
  ["192.0.2.200:1", "c", null, "2"],
  ["192.0.3.1:1", "c", null, "-"],
  ["[2001:db8:1::1]:1", "c", null, "3"],
  ["[2001:db9::1]:1", "c", null, "-"],
  ["[::ffff:198.51.100.7]:1", "c", null, "4"],
  ["[::ffff:c633:6407]:1", "c", null, "4"],
  ["198.51.100.8:1", "c", null, "-"],
  ["203.0.113.129:1", "c", null, "5"],
  ["203.0.113.127:1", "c", null, "-"],
  ["203.0.113.1:1", "bad client", null, "6"],
  ["203.0.113.1:1", "c", "mallory", "7"],
  ["203.0.113.1:1", "mallory", "bad client", "-"],
  ["unix", "c", null, "-"],
];

for (const [remoteAddress, clientIdentifier, userName, line] of CASES) {
  Deno.test({
    name: `a ban list has ${remoteAddress} ${clientIdentifier} ${userName}`,
    permissions: "none",
    fn() {
      const found = new BanList("bans", BANS)
        .find({ remoteAddress, clientIdentifier, userName });
      assertEquals(found, line === "-" ? null : `bans:${line}`);
    },
  });
}

for (
  const line of [
    "address",
    "address 1.2.3",
    "address 1.2.3.256",
    "address 1.2.3.4/33",
    "address ::ffff:1.2.3.4/95",
    "address ::1::",
    "address 1:2:3:4:5:6:7",
    "mallory",
    "host a.test",
  ]
) {
  Deno.test(`a ban that cannot be read is told by its line: ${line}`, () => {
    assertThrows(() => new BanList("bans", `#\n${line}`), FileError, "bans:2:");
  });
}

Deno.test("who is banned is refused with 0x8A and loses an open connection", async () => {
  await using broker = await AuthServer.start({ banFile: "client X" });
  const banned = await broker.open();
  await banned.sendConnect({ clientIdentifier: "X" });
  await banned.expectRefused(0x8a);
  const client = await broker.connect({ clientIdentifier: "Y" });
  await broker.write("banFile", "address 127.0.0.0/8");
  await broker.server.reload(broker.config);
  await client.expectDisconnect(0x87);
});
