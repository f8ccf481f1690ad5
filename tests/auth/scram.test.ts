import { base64, hmacSha256, pbkdf2, sha256 } from "../../src/auth/_digest.ts";
import { parsePasswordFile } from "../../src/auth/password_file.ts";
import { ScramExchange } from "../../src/auth/scram.ts";
import { ScramAuthenticator } from "../../src/auth/scram_authenticator.ts";
import {
  deriveScramCredential,
  formatScramCredential,
  parseScramCredential,
} from "../../src/auth/scram_credential.ts";
import { assert, assertEquals } from "../_assert.ts";
import type { ServerPacket } from "../conformance/_decode.ts";
import { auth, pingreq } from "../conformance/_packets.ts";
import type { Property } from "../conformance/_properties.ts";
import type { RawClient } from "../conformance/_raw_client.ts";
import { AuthServer } from "./_server.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const METHOD: Property = ["authenticationMethod", "SCRAM-SHA-256"];

async function users(password = "pencil"): Promise<string> {
  const credential = await deriveScramCredential(encode(password), 10);
  return `user:${formatScramCredential(credential)}\n`;
}

Deno.test("the exchange of RFC 7677 comes out as it stands there", async () => {
  const salt = Uint8Array.from(
    atob("W22ZaJ0SNY7soEsUEjb6gQ=="),
    (character) => character.charCodeAt(0),
  );
  const credential = await deriveScramCredential(encode("pencil"), 4096, salt);
  assertEquals(
    parseScramCredential(formatScramCredential(credential)),
    credential,
  );
  const exchange = new ScramExchange(
    { find: () => Promise.resolve(credential), credentialOf: () => "" },
    () => "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  );
  const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const first = await exchange.proceed(
    encode("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"),
  );
  assertEquals(
    first.answer === "continue" && decode(first.data),
    `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
  );
  const last = await exchange.proceed(encode(
    `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  ));
  assertEquals(
    last.answer === "allow" && [last.userName, decode(last.data)],
    ["user", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="],
  );
});

const ILL_FORMED: readonly (readonly string[])[] = [
  [""],
  ["n,,n=,r=x"],
  ["n,,n=user"],
  ["p=tls-unique,,n=user,r=x"],
  ["n,a=other,n=user,r=x"],
  ["n,,n=us=er,r=x"],
  ["n,,m=must,n=user,r=x"],
  [`n,,n=${"u".repeat(4_096)},r=x`],
  ["n,,n=user,r=x", ""],
  ["n,,n=user,r=x", "c=biws,r=x,p=AAAA"],
  ["n,,n=user,r=x", "c=biws,r=xy,p=AAAA"],
  ["y,,n=user,r=x", `c=biws,r=xy,p=${btoa("\0".repeat(32))}`],
  ["n,,n=user,r=x", `c=biws,r=xy,p=${btoa("\0".repeat(32))}`],
];

for (const messages of ILL_FORMED) {
  Deno.test(`messages that do not fit get nobody in: ${messages.join(" ")}`, async () => {
    const credential = await deriveScramCredential(encode("pencil"), 1);
    const exchange = new ScramExchange(
      { find: () => Promise.resolve(credential), credentialOf: () => "" },
      () => "y",
    );
    let answer = "";
    for (const message of messages) {
      ({ answer } = await exchange.proceed(encode(message)));
    }
    assertEquals(answer, "deny");
  });
}

/** What a client answers to the server's first message. */
async function finalMessage(
  bare: string,
  serverFirst: string,
  password: string,
): Promise<string> {
  const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(\d+)$/.exec(
    serverFirst,
  )!;
  const salted = await pbkdf2(
    "SHA-256",
    encode(password),
    Uint8Array.from(atob(salt), (character) => character.charCodeAt(0)),
    { iterations: Number(iterations), bytes: 32 },
  );
  const clientKey = await hmacSha256(salted, encode("Client Key"));
  const withoutProof = `c=biws,r=${nonce}`;
  const signature = await hmacSha256(
    await sha256(clientKey),
    encode(`${bare},${serverFirst},${withoutProof}`),
  );
  const proof = clientKey.map((byte, i) => byte ^ signature[i]);
  return `${withoutProof},p=${base64(proof)}`;
}

function dataOf(packet: ServerPacket): string {
  const data = packet.value("authenticationData");
  return typeof data === "string" ? data : decode(data as Uint8Array);
}

function authOf(reasonCode: number, data: string): Uint8Array {
  return auth(reasonCode, METHOD, ["authenticationData", data]);
}

/** Goes as far as the last message; what comes then is the caller's to look at. */
async function exchange(
  client: RawClient,
  begin: (data: string) => Promise<void>,
  password: string,
  user = "user",
): Promise<void> {
  const bare = `n=${user},r=abc`;
  await begin(`n,,${bare}`);
  const challenge = await client.expect("AUTH");
  assertEquals(challenge.reasonCode, 0x18);
  assertEquals(challenge.value("authenticationMethod"), METHOD[1]);
  const answer = await finalMessage(bare, dataOf(challenge), password);
  await client.send(authOf(0x18, answer));
}

function connecting(client: RawClient) {
  return (data: string) =>
    client.sendConnect({
      clientIdentifier: "S",
      properties: [METHOD, ["authenticationData", data]],
    });
}

Deno.test("SCRAM lets in and vouches for the server [MQTT-4.12.0-2] [MQTT-4.12.0-5]", async () => {
  await using broker = await AuthServer.start({ passwordFile: await users() });
  const client = await broker.open();
  await exchange(client, connecting(client), "pencil");
  const connack = await client.expect("CONNACK");
  assertEquals(connack.reasonCode, 0);
  assertEquals(connack.value("authenticationMethod"), METHOD[1]);
  assert(dataOf(connack).startsWith("v="));
  const [connection] = broker.server.broker.connections;
  assertEquals(connection.userName, "user");
});

Deno.test("a wrong password and an unknown user are refused alike [MQTT-4.12.0-4]", async () => {
  await using broker = await AuthServer.start({ passwordFile: await users() });
  for (const [password, user] of [["pen", "user"], ["pencil", "nobody"]]) {
    const client = await broker.open();
    await exchange(client, connecting(client), password, user);
    await client.expectRefused(0x87);
  }
});

Deno.test("the log tells whom a client wanted to log in as, and why it may not", async () => {
  await using broker = await AuthServer.start({ passwordFile: await users() });
  const refusals: (readonly [userName: string | null, cause: string])[] = [];
  broker.server.broker.observer.connectionRefused = (
    { userName },
    _,
    cause,
  ) => {
    refusals.push([userName, cause]);
  };
  let client = await broker.open();
  await exchange(client, connecting(client), "pen");
  await client.expectRefused(0x87);
  client = await broker.open();
  await connecting(client)("n,,n=user,r=abc");
  await client.expect("AUTH");
  await client.send(authOf(0x18, "c=biws,r=abd,p=AAAA"));
  await client.expectRefused(0x87);
  client = await broker.open();
  await connecting(client)("p=tls-exporter,,n=user,r=abc");
  await client.expectRefused(0x87);
  client = await broker.open();
  await connecting(client)("n,,n=user,r=abc");
  await client.expect("AUTH");
  await client.send(pingreq);
  await client.expectClosed();
  assertEquals(refusals, [
    ["user", "scram: wrong password or unknown user"],
    ["user", "scram: the last message does not belong to the first"],
    [null, "scram: it asks for channel binding, which is not supported"],
    [
      null,
      "Cannot accept packet type 12 before the client is authenticated " +
      "[MQTT-3.1.2-30]",
    ],
  ]);
});

Deno.test("what an unknown user is shown looks like what users are shown, and stays the same", async () => {
  const lines = await Promise.all([4_096, 5_000].map(async (iterations) => {
    const salt = new Uint8Array(iterations === 5_000 ? 24 : 16);
    const credential = await deriveScramCredential(
      encode("a"),
      iterations,
      salt,
    );
    return `user${iterations}:${formatScramCredential(credential)}`;
  }));
  const hashes = parsePasswordFile("users", lines.join("\n"));
  const shown = async (userName: string) => {
    const { iterations, salt } = await new ScramAuthenticator(hashes)
      .find(userName);
    return { iterations, salt: salt.toHex() };
  };
  const seen = new Set<string>();
  const salts = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const { iterations, salt } = await shown(`nobody${i}`);
    assertEquals(await shown(`nobody${i}`), { iterations, salt });
    seen.add(`${iterations} ${salt.length / 2}`);
    salts.add(salt);
  }
  assertEquals([...seen].sort(), ["4096 16", "5000 24"]);
  assertEquals(salts.size, 200);
});

Deno.test("a user stored for SCRAM may log in with the password as well", async () => {
  await using broker = await AuthServer.start({ passwordFile: await users() });
  await broker.connect({
    clientIdentifier: "P",
    userName: "user",
    password: "pencil",
  });
});

Deno.test("re-authentication succeeds while the client goes on, or ends the connection [MQTT-4.12.1-1] [MQTT-4.12.1-2]", async () => {
  await using broker = await AuthServer.start({ passwordFile: await users() });
  const client = await broker.open();
  await exchange(client, connecting(client), "pencil");
  await client.expect("CONNACK");
  const again = (data: string) => client.send(authOf(0x19, data));
  await exchange(client, again, "pencil");
  const success = await client.expect("AUTH");
  assertEquals(success.reasonCode, 0);
  assert(dataOf(success).startsWith("v="));
  await client.ping();
  await exchange(client, again, "pencilcase");
  await client.expectDisconnect(0x87);
});

Deno.test("re-authentication as another user ends the connection", async () => {
  const other = (await users("pen")).replace("user", "other");
  await using broker = await AuthServer.start({
    passwordFile: await users() + other,
  });
  const client = await broker.open();
  await exchange(client, connecting(client), "pencil");
  await client.expect("CONNACK");
  const again = (data: string) => client.send(authOf(0x19, data));
  await exchange(client, again, "pen", "other");
  await client.expectDisconnect(0x87);
});

Deno.test("who has an account cannot guess the passwords of others by re-authentication", async () => {
  const other = (await users("pen")).replace("user", "other");
  await using broker = await AuthServer.start(
    { passwordFile: await users() + other },
    (config) => ({
      ...config,
      limits: { ...config.limits, maximumLoginFailures: 4 },
    }),
  );
  const causes: string[] = [];
  broker.server.broker.observer.clientDisconnected = (_, __, cause) => {
    causes.push(cause);
  };
  const logIn = async () => {
    const client = await broker.open();
    await exchange(client, connecting(client), "pencil");
    return client;
  };
  for (let i = 0; i < 2; i++) {
    const client = await logIn();
    await client.expect("CONNACK");
    const again = (data: string) => client.send(authOf(0x19, data));
    await exchange(client, again, `guess ${i}`, "other");
    await client.expectDisconnect(0x87);
    // The same at the first login, with the name of the own account in CONNECT.
    const second = await broker.open();
    await exchange(
      second,
      (data) =>
        second.sendConnect({
          clientIdentifier: "S",
          userName: "user",
          properties: [METHOD, ["authenticationData", data]],
        }),
      `guess ${i}`,
      "other",
    );
    await second.expectRefused(0x87);
  }
  const client = await broker.open();
  await connecting(client)("n,,n=user,r=abc");
  await client.expectRefused(0x9f);
  assertEquals(causes, [
    "re-authentication failed: scram: wrong password or unknown user",
    "re-authentication failed: scram: wrong password or unknown user",
  ]);
});

Deno.test("AUTH that does not fit is a Protocol Error [MQTT-4.12.0-3] [MQTT-4.12.0-5]", async () => {
  await using broker = await AuthServer.start({ passwordFile: await users() });
  const wrong = [
    authOf(0x19, "x"),
    auth(0x18, ["authenticationMethod", "PLAIN"]),
    auth(0x18),
  ];
  for (const packet of wrong) {
    const client = await broker.open();
    await connecting(client)("n,,n=user,r=abc");
    await client.expect("AUTH");
    await client.send(packet);
    await client.expectClosed();
  }
  for (const packet of [authOf(0x18, "x"), wrong[1]]) {
    const client = await broker.open();
    await exchange(client, connecting(client), "pencil");
    await client.expect("CONNACK");
    await client.send(packet);
    await client.expectDisconnect(0x82);
  }
});

Deno.test("during the exchange only AUTH and DISCONNECT may come [MQTT-3.1.0-2]", async () => {
  await using broker = await AuthServer.start({ passwordFile: await users() });
  const client = await broker.open();
  await connecting(client)("n,,n=user,r=abc");
  await client.expect("AUTH");
  await connecting(client)("n,,n=user,r=abc");
  await client.expectClosed();
});

Deno.test("without users stored for it SCRAM is not offered [MQTT-4.12.0-1]", async () => {
  await using broker = await AuthServer.start({});
  const client = await broker.open();
  await connecting(client)("n,,n=user,r=abc");
  await client.expectRefused(0x8c);
});
