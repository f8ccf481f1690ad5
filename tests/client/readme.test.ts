import { assert, assertEquals } from "../_assert.ts";
import { startBroker } from "./_server.ts";

const ROOT = new URL("../../", import.meta.url);
const SECTION = /^## Client$[^]*?^```ts\n([^]*?)^```$/m;

Deno.test("the client's example in the README publishes and receives", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const example = SECTION.exec(readme)?.[1];
  assert(example, "the section has an example");
  await using broker = await startBroker("tcp");
  const program = example.replace("mqtt://127.0.0.1:1883", broker.url);
  assert(program !== example, "the example connects to the default address");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", "--check", program],
    cwd: ROOT,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertEquals(
    new TextDecoder().decode(stdout),
    "greenhouse/temperature 21.5\n",
  );
});
