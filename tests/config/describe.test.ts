import { assert, assertEquals } from "../_assert.ts";
import { parse } from "../../src/config/_yaml.ts";
import {
  defaultConfig,
  describeConfig,
  exampleYaml,
  loadConfig,
} from "../../src/config/mod.ts";

function load(yaml: string) {
  return loadConfig({
    file: "rqtt.yaml",
    environment: {},
    flags: {},
    readTextFile: () => yaml,
  });
}

Deno.test("What is described can be loaded, and is the same configuration", () => {
  const config = load(`
listeners:
  - { type: ws, address: "[::1]:8083", allowed_origins: [https://a.example] }
  - { type: unix, path: /run/rqtt.sock, mode: "0600" }
  - type: auto
    address: 127.0.0.1:1884
    admin: true
    limits: { max_packet_size: 1KiB, max_byte_rate: none }
limits: { session_expiry_cap: never, max_byte_rate: 1MiB, max_keep_alive: 2h }
admin: { address: 127.0.0.1:9883, allowed_hosts: [rqtt.example] }
shutdown_grace: 0
`);
  assertEquals(load(JSON.stringify(describeConfig(config))), config);
});

Deno.test("Every key of the example is described", () => {
  const keys = (tree: object): string[] =>
    Object.entries(tree).flatMap(([key, value]) => [
      key,
      ...typeof value === "object" && value !== null && key !== "listeners"
        ? keys(value)
        : [],
    ]);
  const example = parse(exampleYaml()) as object;
  const described = describeConfig(defaultConfig());
  for (const key of keys(example)) {
    assert(keys(described).includes(key), key);
  }
});

Deno.test("What a plugin is told is hidden", () => {
  const config = {
    ...defaultConfig(),
    plugins: [{
      name: "mine",
      module: "/etc/mine.js",
      options: { url: "https://a.example", secret: "s3cret" },
      permissions: {
        net: ["a.example"],
        read: [],
        write: [],
        env: [],
        run: [],
        ffi: [],
        messages: [],
      },
      timeoutMs: 5_000,
      maximumRunning: 1,
      maximumQueued: 1,
      maximumWaitingMessages: 1,
      maximumWaitingBytes: 1_024,
      cacheMs: 1_000,
      actions: [],
    }],
  };
  const text = JSON.stringify(describeConfig(config));
  assert(text.includes('"secret":"(hidden)"'), text);
  assert(!text.includes("s3cret"), text);
});
