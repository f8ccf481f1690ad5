import { assert, assertEquals } from "../../../_assert.ts";
import { auth } from "../../../conformance/_packets.ts";
import { RawClient } from "../../../conformance/_raw_client.ts";
import { defineTest } from "../../../interop/_harness.ts";
import { mosquitto } from "../../../interop/_mosquitto.ts";
import { AUDIENCE, OidcProvider } from "./_oidc.ts";
import { eventually, Program } from "./_program.ts";

const CLIENTS = {
  sensor: { acl: { pub: ["devices/${clientid}/#"] } },
  screen: { acl: ["read devices/#", "deny devices/secret/#"] },
  operator: { acl: [], roles: ["operator"] },
};

const ROLES = "roles:\n  operator: [readwrite plant/#]\n";

const SUCCESS = 0;
/** Taken, but nobody has subscribed to it. */
const NO_RECEIVERS = 0x10;
const BAD_CREDENTIALS = 0x86;
const NOT_AUTHORIZED = 0x87;
const UNAVAILABLE = 0x88;

function start(provider: OidcProvider): Promise<Program> {
  return Program.start(
    `auth:
  roles_file: "@/roles"
plugins:
  - name: jwt
    module: rqtt:jwt
    options:
      jwks_url: ${provider.jwksUrl}
      issuer: ${provider.issuer}
      audience: ${AUDIENCE}
      acl_claim: acl
      roles_claim: roles
      claims:
        client_id: "%c"
      leeway: 0
      keys_cool_down: 1s
    permissions:
      net: ["127.0.0.1:${provider.port}"]
`,
    { files: { roles: ROLES } },
  );
}

defineTest({
  name:
    "tokens of an OpenID provider let in mosquitto_pub, mosquitto_sub and MQTT.js, with the rights that they name",
  needs: [mosquitto],
  async run() {
    await using provider = await OidcProvider.start(CLIENTS);
    await using program = await start(provider);
    await using screen = await program.connect({
      clientId: "screen",
      username: "screen",
      password: await provider.token("screen"),
    });
    await screen.subscribe(["devices/#"], { qos: 1 });
    const sensor = {
      client: "sensor",
      password: await provider.token("sensor"),
    };
    assertEquals(
      [
        await program.publish("devices/other/a", sensor),
        await program.publish("devices/sensor/a", sensor),
      ],
      [[SUCCESS, NOT_AUTHORIZED], [SUCCESS, SUCCESS]],
    );
    const { topic } = await screen.messages.next("the message of the sensor");
    assertEquals(topic, "devices/sensor/a");
    assertEquals(
      await screen.publish({ topicName: "devices/a", payload: "x", qos: 1 }),
      NOT_AUTHORIZED,
    );
    await screen.disconnect();
    await program.publish("devices/sensor/kept", {
      ...sensor,
      isRetained: true,
    });
    const shown = await program.receive("devices/#", {
      client: "screen",
      password: await provider.token("screen"),
    });
    assertEquals(shown, "devices/sensor/kept x");

    const operator = {
      client: "operator",
      password: await provider.token("operator"),
    };
    assertEquals(await program.publish("plant/a", operator), [
      SUCCESS,
      NO_RECEIVERS,
    ]);
    assertEquals(await program.publish("devices/a", operator), [
      SUCCESS,
      NOT_AUTHORIZED,
    ]);

    const bad = [
      { ...sensor, client: "thief" },
      { ...sensor, password: `${sensor.password.slice(0, -9)}AAAAAAAAA` },
      { ...sensor, password: "secret" },
    ];
    for (const login of bad) {
      const [connack] = await program.publish("devices/thief/a", login);
      assertEquals(connack, BAD_CREDENTIALS);
    }
    const log = program.broker.log();
    assert(log.includes('jwt: the token\'s claim \\"client_id\\"'), log);
    assert(log.includes("jwt: the token's signature is wrong"), log);
    assert(!log.includes(sensor.password.split(".")[1]), "a token is logged");
  },
});

Deno.test("keys that the provider rotates are taken up, and those it withdraws let nobody in", async () => {
  await using provider = await OidcProvider.start(CLIENTS);
  await using program = await start(provider);
  const login = async () => ({
    clientId: "screen",
    username: "screen",
    password: await provider.token("screen"),
  });
  const old = await login();
  assertEquals(await program.refusal(old), SUCCESS);
  await using connected = await program.connect(old);
  await provider.rotate();
  const fresh = { ...await login(), clientId: "screen" };
  await eventually(SUCCESS, () => program.refusal(fresh));
  assertEquals(await program.refusal(old), BAD_CREDENTIALS);
  await connected.client.endAsync(true);
  assert(provider.jwksCount <= 4, `${provider.jwksCount} looks at the keys`);
});

Deno.test("while the provider is away the keys serve that are known, and without any nobody is let in until it is back", async () => {
  await using provider = await OidcProvider.start(CLIENTS);
  const login = {
    clientId: "screen",
    username: "screen",
    password: await provider.token("screen"),
  };
  await using warm = await start(provider);
  assertEquals(await warm.refusal(login), SUCCESS);
  await provider.close();
  assertEquals(await warm.refusal(login), SUCCESS);
  await using cold = await start(provider);
  assertEquals(await cold.refusal(login), UNAVAILABLE);
  assert(cold.broker.log().includes("keys cannot be had, nobody is let in"));
  await provider.listen();
  await eventually(SUCCESS, () => cold.refusal(login));
});

Deno.test("a client is disconnected with 0x87 when its token ends, and may come back with a fresh one", async () => {
  await using provider = await OidcProvider.start(CLIENTS);
  await using program = await start(provider);
  provider.lifetimeSeconds = 4;
  const login = async () => ({
    clientId: "screen",
    username: "screen",
    password: await provider.token("screen"),
  });
  const first = await login();
  await using screen = await program.connect(first);
  const code = await screen.disconnects.next("DISCONNECT at the token's end");
  assertEquals(code, NOT_AUTHORIZED);
  const { exp } = JSON.parse(atob(first.password.split(".")[1]));
  assert(Date.now() >= exp * 1_000, "it was disconnected too early");
  assertEquals(await program.refusal(first), BAD_CREDENTIALS);
  assertEquals(await program.refusal(await login()), SUCCESS);
});

Deno.test("a client that authenticates again with a fresh token outlives the one before", async () => {
  await using provider = await OidcProvider.start(CLIENTS);
  await using program = await start(provider);
  provider.lifetimeSeconds = 3;
  const client = await RawClient.open({
    hostname: "127.0.0.1",
    port: program.broker.port,
  }, 5);
  try {
    const first = await provider.token("screen");
    await client.sendConnect({
      clientIdentifier: "screen",
      properties: [["authenticationMethod", "JWT"], [
        "authenticationData",
        first,
      ]],
    });
    assertEquals((await client.expect("CONNACK")).reasonCode, SUCCESS);
    await client.subscribe("devices/a");
    provider.lifetimeSeconds = 4;
    const second = await provider.token("screen");
    await client.send(
      auth(0x19, ["authenticationMethod", "JWT"], [
        "authenticationData",
        second,
      ]),
    );
    assertEquals((await client.expect("AUTH")).reasonCode, SUCCESS);
    await client.expectDisconnect(NOT_AUTHORIZED);
    const { exp } = JSON.parse(atob(second.split(".")[1]));
    assert(Date.now() >= exp * 1_000, "the first token has ended it");
  } finally {
    client.close();
  }
});
