import { assertEquals } from "../../_assert.ts";
import { defineTest } from "../../interop/_harness.ts";
import { mosquitto } from "../../interop/_mosquitto.ts";
import { Program } from "./bundled/_program.ts";

const MODULE = new URL("example/device_keys.js", import.meta.url).pathname;

/** SHA-256 of `key`, in hexadecimal digits. */
async function hashOf(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

defineTest({
  name:
    "the example lets in mosquitto_pub with the key of its device, and with nothing else",
  needs: [mosquitto],
  async run() {
    await using program = await Program.start(
      `plugins:
  - name: keys
    module: ${MODULE}
    options:
      file: "@/keys.json"
    permissions:
      read: ["@/keys.json"]
`,
      { files: { "keys.json": JSON.stringify({ d1: await hashOf("k1") }) } },
    );
    const device = { client: "d1", password: "k1" };
    const outcomes = [
      await program.publish("devices/d1/a", device),
      await program.publish("devices/d2/a", device),
      await program.publish("devices/d1/a", { ...device, password: "k2" }),
      await program.publish("devices/d2/a", { ...device, client: "d2" }),
    ];
    assertEquals(outcomes, [
      [0, 0x10],
      [0, 0x87],
      [0x86, undefined],
      [0x86, undefined],
    ]);
  },
});
