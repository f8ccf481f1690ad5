import { ConfigError, loadConfig } from "../../src/config/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";

function load(yaml: string) {
  return loadConfig({
    file: "rqtt.yaml",
    environment: {},
    flags: {},
    readTextFile: () => yaml,
  });
}

Deno.test("A plugin is granted what is listed and nothing else", () => {
  const { plugins } = load(`
plugins:
  - name: mine
    module: ./plugin.js
    options: { key: [1, 2] }
    permissions:
      net: [auth.example:443]
    timeout: 100ms
    actions: [publish]
`);
  assertEquals(plugins, [{
    name: "mine",
    module: "./plugin.js",
    options: { key: [1, 2] },
    permissions: {
      net: ["auth.example:443"],
      read: [],
      write: [],
      env: [],
      run: [],
      ffi: [],
      messages: [],
    },
    timeoutMs: 100,
    maximumRunning: 256,
    maximumQueued: 10_000,
    maximumWaitingMessages: 100_000,
    maximumWaitingBytes: 16 * 1024 * 1024,
    cacheMs: 60_000,
    actions: ["publish"],
  }]);
});

Deno.test("A listener has what is its own, and else what all have", () => {
  const { listeners } = load(`
listeners:
  - address: 127.0.0.1:1
  - address: 127.0.0.1:2
    auth: { authenticators: [anonymous] }
    limits: { max_qos: 1, max_message_rate: none }
`);
  assertEquals([listeners[0].auth, listeners[0].limits], [
    undefined,
    undefined,
  ]);
  assertEquals(listeners[1].auth, { authenticators: ["anonymous"] });
  assertEquals(listeners[1].limits, {
    maximumQos: 1,
    maximumMessagesPerSecond: Infinity,
  });
});

const MISTAKES: readonly [yaml: string, message: string][] = [
  [
    "plugins: [{ name: scram, module: a.js }]",
    "rqtt.yaml:1: plugins[0].name: expected a name that nothing else has, found scram",
  ],
  [
    "plugins:\n  - { name: a, module: a.js }\n  - { name: a, module: b.js }",
    "rqtt.yaml:3: plugins[1].name: expected a name that nothing else has, found a",
  ],
  [
    "auth:\n  authenticators: [password_file]",
    "rqtt.yaml:2: auth.authenticators: expected some of certificate, anonymous, " +
    "found password_file, and no such file is named",
  ],
  [
    "listeners:\n  - address: 127.0.0.1:1\n    auth:\n      authorizers: [jwt]",
    "rqtt.yaml:4: listeners[0].auth.authorizers: expected an empty list, found jwt",
  ],
  [
    "listeners:\n  - address: 0.0.0.0:1\nplugins: []",
    "rqtt.yaml: auth.allow_anonymous: others can reach 0.0.0.0:1, so name a " +
    "password_file, or say true to let everybody in",
  ],
  [
    "plugins:\n  - name: a\n    module: a.js\n    permissions:\n      nett: [x]",
    "rqtt.yaml:5: plugins[0].permissions.nett: unknown key, did you mean " +
    "plugins[0].permissions.net?",
  ],
  [
    "plugins:\n  - name: a\n    module: a.js\n    permissions:\n" +
    "      messages: [a, a/#/b]",
    "rqtt.yaml:5: plugins[0].permissions.messages: expected Topic Filters such " +
    'as plant/#, found "a/#/b", which has a level after "#"',
  ],
  [
    "plugins:\n  - name: a\n    module: a.js\n    permissions:\n" +
    "      messages: [$share/g/a]",
    "rqtt.yaml:5: plugins[0].permissions.messages: expected Topic Filters such " +
    'as plant/#, found "$share/g/a", which has a ShareName, which only ' +
    "subscriptions have",
  ],
];

for (const [yaml, message] of MISTAKES) {
  Deno.test(`Told: ${message}`, () => {
    const error = assertThrows(() => load(yaml), ConfigError);
    assertEquals(error.message, `Cannot load configuration: ${message}`);
  });
}
