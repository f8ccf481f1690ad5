import { SignJWT } from "jose";
import { assertEquals } from "../../../_assert.ts";
import { auth } from "../../../conformance/_packets.ts";
import type { Property } from "../../../conformance/_properties.ts";
import { RawClient } from "../../../conformance/_raw_client.ts";
import { Program } from "./_program.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

function tokenWith(acl: readonly string[]): Promise<string> {
  return new SignJWT({ sub: "alice", aud: "broker", acl: [...acl] })
    .setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
}

function properties(token: string): [Property, Property] {
  return [["authenticationMethod", "JWT"], ["authenticationData", token]];
}

Deno.test("a client that authenticates again with fewer rights loses the others at once", async () => {
  await using program = await Program.start(
    `plugins:
  - name: jwt
    module: rqtt:jwt
    options:
      secret_file: "@/secret"
      audience: broker
      acl_claim: acl
    permissions:
      read: ["@/secret"]
`,
    { files: { secret: SECRET } },
  );
  const address = { hostname: "127.0.0.1", port: program.broker.port };
  const client = await RawClient.open(address, 5);
  try {
    await client.connect({
      clientIdentifier: "c1",
      properties: properties(await tokenWith(["readwrite a", "readwrite b"])),
    });
    await client.subscribe("a");
    const publish = async (topic: string, packetIdentifier: number) => {
      const fields = { topic, payload: "x", qos: 1, packetIdentifier } as const;
      return (await client.deliver(fields)).reasonCode;
    };
    // Twice: then it is known what the client may do.
    for (const packetIdentifier of [1, 2]) {
      assertEquals(await publish("b", packetIdentifier), 0x10);
    }
    const fewer = properties(await tokenWith(["read b", "write a"]));
    await client.send(auth(0x19, ...fewer));
    assertEquals((await client.expect("AUTH")).reasonCode, 0);
    assertEquals(await publish("b", 3), 0x87);
    // Allowed, and nobody has subscribed to it any more.
    assertEquals(await publish("a", 4), 0x10);
  } finally {
    client.close();
  }
});
