import {
  createLocalJWKSet,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import type { Login } from "../../../../src/auth/plugin/api.ts";
import {
  type JwtOptions,
  readJwtOptions,
  readSecret,
} from "../../../../src/auth/plugin/bundled/jwt/options.ts";
import { staticKey } from "../../../../src/auth/plugin/bundled/jwt/static_key.ts";
import {
  TokenGate,
  type TokenGateSurroundings,
} from "../../../../src/auth/plugin/bundled/jwt/token_gate.ts";
import { KeysUnavailableError } from "../../../../src/auth/plugin/bundled/jwt/key_set.ts";
import { assert, assertEquals, assertThrows } from "../../../_assert.ts";
import { Issuer, NOW, type PrivateKey } from "./_issuer.ts";

const test = (name: string, run: () => void | Promise<void>) =>
  Deno.test(name, { permissions: "none" }, run);

const URL_OPTION = { jwks_url: "https://issuer.test/jwks" };

function read(options: Record<string, unknown>): JwtOptions {
  return readJwtOptions({ audience: "broker", ...options });
}

function gate(
  findKey: TokenGateSurroundings["findKey"],
  options: Record<string, unknown> = URL_OPTION,
): TokenGate {
  return new TokenGate(read(options), {
    findKey,
    nowMs: () => NOW * 1_000,
    log() {},
  });
}

function login(password: string | null, rest: Partial<Login> = {}): Login {
  return {
    clientIdentifier: "c1",
    userName: null,
    remoteAddress: "192.0.2.1:1",
    listener: "",
    password: password === null ? null : new TextEncoder().encode(password),
    protocolVersion: 5,
    cleanStart: true,
    keepAliveSeconds: 0,
    certificate: null,
    isVouched: false,
    ...rest,
  };
}

const issuer = await new Issuer().add("k1");
const findKey = createLocalJWKSet(issuer.jwks());

async function answerTo(
  claims: JWTPayload,
  options: Record<string, unknown> = {},
  rest: Partial<Login> = {},
) {
  const token = await issuer.sign("k1", claims);
  return await gate(findKey, { ...URL_OPTION, ...options })
    .authenticate(login(token, rest));
}

test("a good token lets in until it ends, under the name that it has", async () => {
  assertEquals(await answerTo({}), {
    answer: "allow",
    userName: "alice",
    roles: undefined,
    rules: undefined,
    isFinal: false,
    expiresAtMs: (NOW + 60 + 5) * 1_000,
  });
});

/** What is wrong with it, claims, options, and the cause that is logged. */
const REFUSED: readonly [
  string,
  JWTPayload,
  Record<string, unknown>,
  string,
][] = [
  ["is over", { exp: NOW - 6 }, {}, "the token has expired"],
  ["has not begun", { nbf: NOW + 6 }, {}, 'claim "nbf" is not accepted'],
  ["never ends", { exp: undefined }, {}, 'has no claim "exp"'],
  ["ends in words", { exp: "soon" as unknown as number }, {}, '"exp"'],
  ["is for others", { aud: ["them"] }, {}, 'claim "aud" is not accepted'],
  ["is for nobody", { aud: undefined }, {}, 'has no claim "aud"'],
  ["names no issuer", {}, { issuer: "https://i" }, 'has no claim "iss"'],
  ["has no name", { sub: undefined }, {}, 'claim "sub" is no user name'],
  ["has no name but dots", { sub: "" }, {}, 'claim "sub" is no user name'],
  ["has a name with a line end", { sub: "a\nb" }, {}, '"sub" is no user name'],
  ["has a name elsewhere", {}, { user_claim: "a.b" }, '"a.b" is no user name'],
  [
    "belongs to another client",
    { cid: "c2" },
    { claims: { cid: "%c" } },
    "cid",
  ],
  ["belongs to another user", { u: "eve" }, { claims: { u: "%u" } }, '"u"'],
  ["lacks what is required", {}, { claims: { scope: "mqtt" } }, '"scope"'],
  ["inherits what is required", {}, {
    claims: { "toString.name": "toString" },
  }, "toString"],
  ["has roles of no kind", { r: 5 }, { roles_claim: "r" }, "no list of roles"],
  [
    "has rules of no kind",
    { acl: "a" },
    { acl_claim: "acl" },
    "cannot be used",
  ],
];

for (const [name, claims, options, cause] of REFUSED) {
  test(`a token that ${name} lets nobody in`, async () => {
    const answer = await answerTo(claims, options, { userName: "bob" });
    assert(typeof answer === "object" && answer.answer === "deny");
    assert(answer.reason!.includes(cause), answer.reason);
  });
}

test("a token of an algorithm that is not listed lets nobody in", async () => {
  const answer = await answerTo({}, { algorithms: ["RS256"] });
  assert(typeof answer === "object" && answer.answer === "deny");
  assert(answer.reason!.includes("algorithm is not allowed"), answer.reason);
});

test("a client without name is not the one that a token without name means", async () => {
  for (const [key, mark] of [["userName", "%u"], ["clientIdentifier", "%c"]]) {
    for (const value of [null, ""]) {
      const answer = await answerTo(
        { own: value },
        { claims: { own: mark } },
        { [key]: value },
      );
      assert(typeof answer === "object" && answer.answer === "deny");
    }
  }
});

test("leeway covers clocks that differ a little", async () => {
  for (const claims of [{ exp: NOW - 4 }, { nbf: NOW + 4 }]) {
    const answer = await answerTo(claims);
    assert(typeof answer === "object" && answer.answer === "allow");
  }
});

test("a token without end is taken where the operator says so", async () => {
  const answer = await answerTo({ exp: undefined }, { expiry: "optional" });
  assert(typeof answer === "object" && answer.answer === "allow");
  assertEquals(answer.expiresAtMs, undefined);
});

test("claims become user name, roles and rules", async () => {
  const answer = await answerTo({
    realm: { name: "bob", roles: ["a", "b"] },
    "https://mqtt.test/acl": { pub: ["t/${clientid}"] },
    groups: ["x", "mqtt"],
    cid: "c1",
  }, {
    user_claim: "realm.name",
    roles_claim: "realm.roles",
    acl_claim: "https://mqtt.test/acl",
    claims: { groups: "mqtt", cid: "%c" },
  });
  assert(typeof answer === "object" && answer.answer === "allow");
  const { userName, roles, rules, isFinal } = answer;
  assertEquals(
    { userName, roles, rules, isFinal },
    {
      userName: "bob",
      roles: ["a", "b"],
      rules: ["write t/%c"],
      isFinal: true,
    },
  );
});

test("roles may be words, and a token that names none has none", async () => {
  const options = { roles_claim: "scope", acl_claim: "acl" };
  for (const [scope, roles] of [["a b", ["a", "b"]], [undefined, []]]) {
    const answer = await answerTo({ scope }, options);
    assert(typeof answer === "object" && answer.answer === "allow");
    assertEquals([answer.roles, answer.rules], [roles, []]);
  }
});

test("who shows no token, or one of another issuer, is passed on", async () => {
  for (
    const password of [null, "", "secret", "a.b.c", "eyJ9.e30.", "\ud800x.y.z"]
  ) {
    const answer = await gate(findKey).authenticate(login(password));
    assertEquals(answer, "pass", `${password}`);
  }
  const options = { issuer: ["https://a", "https://b"] };
  assertEquals(await answerTo({ iss: "https://c" }, options), "pass");
  const own = await answerTo({ iss: "https://b" }, options);
  assert(typeof own === "object" && own.answer === "allow");
});

test("the token may stand in the user name", async () => {
  const userName = await issuer.sign("k1");
  const there = gate(findKey, { ...URL_OPTION, token_from: "user_name" });
  const answer = await there.authenticate(login("x", { userName }));
  assert(typeof answer === "object" && answer.answer === "allow");
  assertEquals(answer.userName, "alice");
  assertEquals(await there.authenticate(login(userName)), "pass");
});

test("AUTH packets may carry the token, and nothing else", async () => {
  const message = (text: string) => ({
    ...login(null),
    method: "JWT",
    data: new TextEncoder().encode(text),
    state: null,
    isReAuthentication: true,
  });
  const good = await gate(findKey)
    .continueAuthentication(message(await issuer.sign("k1")));
  assert(typeof good === "object" && good.answer === "allow");
  const bad = await gate(findKey).continueAuthentication(message("secret"));
  assert(typeof bad === "object" && bad.answer === "deny");
});

test("a token that was changed, is not signed or signed by others lets nobody in", async () => {
  const token = await issuer.sign("k1");
  const [header, , signature] = token.split(".");
  const stranger = await new Issuer().add("k1");
  const payload = btoa(JSON.stringify({ sub: "root", exp: NOW + 60 }));
  const tokens = [
    `${header}.${payload.replaceAll("=", "")}.${signature}`,
    `${header}.${token.split(".")[1]}.`,
    await stranger.sign("k1"),
    await issuer.sign("k1", {}, { kid: "k2" }),
    new UnsecuredJWT({ sub: "root", aud: "broker" })
      .setExpirationTime(NOW + 60).encode(),
    // Signed with what everybody knows: the public key.
    await new SignJWT({ sub: "root", aud: "broker", exp: NOW + 60 })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(new TextEncoder().encode(JSON.stringify(issuer.jwks().keys[0]))),
    await new SignJWT({ sub: "root", aud: "broker", exp: NOW + 60 })
      .setProtectedHeader({
        alg: "ES256",
        kid: "k1",
        crit: ["b64"],
        b64: false,
      })
      .sign((await generateKeyPair("ES256")).privateKey).catch(() =>
        `${header}.x.y`
      ),
  ];
  for (const token of tokens) {
    const answer = await gate(findKey).authenticate(login(token));
    assert(typeof answer === "object" && answer.answer === "deny", token);
    assertEquals(answer.reasonCode, undefined);
    assert(!answer.reason!.includes(token), answer.reason);
  }
});

test("a token without name of its key is verified with each that fits", async () => {
  const many = await new Issuer().add("a");
  await many.add("b");
  const keys = createLocalJWKSet(many.jwks());
  for (const kid of ["a", "b"]) {
    const token = await many.sign(kid, {}, { kid: undefined });
    const answer = await gate(keys).authenticate(login(token));
    assert(typeof answer === "object" && answer.answer === "allow", kid);
  }
  const stranger = await new Issuer().add("a");
  const token = await stranger.sign("a", {}, { kid: undefined });
  const answer = await gate(keys).authenticate(login(token));
  assert(typeof answer === "object" && answer.answer === "deny");
});

test("if no keys can be had, the client may come again", async () => {
  const away = gate(() => Promise.reject(new KeysUnavailableError("away")));
  const answer = await away.authenticate(login(await issuer.sign("k1")));
  assertEquals(answer, { answer: "deny", reason: "away", reasonCode: 0x88 });
});

test("a public key in PEM fits its own algorithms only", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const find = staticKey(await exportSPKI(publicKey));
  const sign = (alg: string, key: PrivateKey) =>
    new SignJWT({ sub: "alice", aud: "broker", exp: NOW + 60 })
      .setProtectedHeader({ alg, kid: "whatever" }).sign(key);
  const pem = gate(find, { key_file: "key.pem" });
  const good = await pem.authenticate(login(await sign("ES256", privateKey)));
  assert(typeof good === "object" && good.answer === "allow");
  const other = (await generateKeyPair("RS256")).privateKey;
  const bad = await pem.authenticate(login(await sign("RS256", other)));
  assert(typeof bad === "object" && bad.answer === "deny");
  for (const kind of ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PUBLIC KEY", "X"]) {
    assertThrows(() => staticKey(`-----BEGIN ${kind}-----`), TypeError);
  }
});

test("a shared secret verifies what it has signed", async () => {
  const options = { secret_env: "S" };
  const text = "0123456789abcdef0123456789abcdef";
  const secret = readSecret(`${text}\n`, read(options));
  const keys = gate(() => secret, options);
  for (const [signer, answer] of [[text, "allow"], [`${text}x`, "deny"]]) {
    const token = await new SignJWT({ sub: "a", aud: "broker", exp: NOW + 60 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(signer));
    const found = await keys.authenticate(login(token));
    assert(typeof found === "object");
    assertEquals(found.answer as string, answer);
  }
  const base64 = read({ ...options, secret_encoding: "base64" });
  assertEquals(readSecret(btoa(text), base64).length, 32);
  assertThrows(() => readSecret("???", base64), TypeError, "not base64");
  assertThrows(() => readSecret("short", read(options)), TypeError, "needs 32");
  const longer = read({ ...options, algorithms: ["HS512"] });
  assertThrows(() => readSecret(text, longer), TypeError, "needs 64");
});

const WRONG_OPTIONS: readonly [Record<string, unknown>, string][] = [
  [{}, "options.jwks_url: expected exactly one of"],
  [{ ...URL_OPTION, key_file: "a" }, "options.key_file: expected exactly one"],
  [{ ...URL_OPTION, audience: undefined }, "options.audience: expected any"],
  [{ ...URL_OPTION, algorithms: ["none"] }, "options.algorithms: expected"],
  [{ ...URL_OPTION, algorithms: ["HS256"] }, "options.algorithms: expected"],
  [{ secret_env: "S", algorithms: ["RS256"] }, "found RS256"],
  [{ jwks_url: "ftp://a" }, "options.jwks_url: expected a URL"],
  [{ jwks_url: "https://u:p@a" }, "options.jwks_url: expected a URL"],
  [{ ...URL_OPTION, isuer: "a" }, "did you mean issuer?"],
];

for (const [options, problem] of WRONG_OPTIONS) {
  test(`options that do not fit are told: ${problem}`, () => {
    const { message } = assertThrows(() => read(options), TypeError);
    assert(message.includes(problem), message);
  });
}
