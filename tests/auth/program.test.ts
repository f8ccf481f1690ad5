import { hashPassword } from "../../src/auth/password_hash.ts";
import { assertEquals, assertMatch } from "../_assert.ts";
import { BrokerProcess } from "../interop/_broker.ts";

const stored = await hashPassword(new TextEncoder().encode("secret"), 101);

function hasMosquitto(): boolean {
  try {
    new Deno.Command("mosquitto_pub", { stderr: "null", stdout: "null" })
      .outputSync();
    return true;
  } catch {
    return false;
  }
}

/** The exit code of mosquitto_pub, and what it says in vain. */
async function publish(port: number, args: readonly string[]) {
  const { code, stderr } = await new Deno.Command("mosquitto_pub", {
    args: ["-p", String(port), "-q", "1", "-m", "x", ...args],
    stdout: "null",
  }).output();
  return [code, new TextDecoder().decode(stderr).split("\n")[0]];
}

Deno.test({
  name: "mosquitto_pub is let in with -u and -P, and rights follow the files",
  ignore: !hasMosquitto(),
  async fn() {
    const directory = await Deno.makeTempDir();
    const users = `${directory}/users`;
    const acl = `${directory}/acl`;
    await Deno.writeTextFile(users, `alice:${stored}\nbob:${stored}\n`);
    await Deno.writeTextFile(acl, "user alice\ntopic plant/#\n");
    {
      await using broker = await BrokerProcess.start({
        RQTT_AUTH_PASSWORD_FILE: users,
        RQTT_AUTH_ACL_FILE: acl,
      });
      const alice = ["-u", "alice", "-P", "secret", "-V", "5"];
      const { port } = broker;
      const bad = "Connection error: Connection Refused: bad user name or " +
        "password.";
      assertEquals(await publish(port, [...alice, "-t", "plant/a"]), [0, ""]);
      assertEquals(await publish(port, [...alice, "-t", "other"]), [
        0,
        "Warning: Publish 1 failed: Not authorized.",
      ]);
      assertMatch(
        broker.log(),
        /PUBLISH to \\"other\\" is not allowed: no rule/,
      );
      const wrong = ["-u", "alice", "-P", "wrong", "-t", "plant/a"];
      const nobody = ["-u", "carol", "-P", "secret", "-t", "plant/a"];
      assertEquals(await publish(port, wrong), [4, bad]);
      assertEquals(await publish(port, nobody), [4, bad]);
      assertEquals((await publish(port, ["-t", "plant/a"]))[0], 5);

      await Deno.writeTextFile(`${acl}.new`, "user alice\ntopic deny #\n");
      await Deno.rename(`${acl}.new`, acl);
      await broker.logged(
        /reloaded users, rules, plugins, certificates and limits reason="file/,
      );
      assertEquals(
        (await publish(port, [...alice, "-t", "plant/a"]))[1],
        "Warning: Publish 1 failed: Not authorized.",
      );
      assertMatch(broker.log(), /plant\/a\\" is not allowed: .*\/acl:2"/);

      await Deno.writeTextFile(users, "nonsense\n");
      await broker.logged(/nothing was reloaded.*users:1: expected/);
      assertEquals((await publish(port, [...alice, "-t", "a"]))[0], 0);
    }
    await Deno.remove(directory, { recursive: true });
  },
});
