import { assert } from "../_assert.ts";
import { Corpus } from "./_corpus.ts";
import { parseCase } from "./_fuzz_case.ts";
import { Fuzzer, runCase } from "./_fuzzer.ts";
import { ServerTarget } from "./_server_target.ts";

const REGRESSIONS = new URL("regressions/", import.meta.url);
const SEED = 1;

for (const { name } of Deno.readDirSync(REGRESSIONS)) {
  Deno.test(`hostile bytes that broke something once: ${name}`, async () => {
    const text = await Deno.readTextFile(new URL(name, REGRESSIONS));
    const fuzzCase = parseCase(text);
    for (const isStored of [false, true]) await runCase(fuzzCase, isStored);
  });
}

Deno.test("damaged streams leave a broker in memory whole", async () => {
  const corpus = new Corpus(null);
  const fuzzer = new Fuzzer(SEED, corpus, null);
  for (let i = 0; i < 400; i++) await fuzzer.step();
  assert(corpus.outcomeCount > 150, `only ${corpus.outcomeCount} outcomes`);
});

Deno.test("damaged streams leave a server whole", async () => {
  const server = await ServerTarget.start();
  const fuzzer = new Fuzzer(SEED + 1, new Corpus(null), server);
  for (let i = 0; i < 200; i++) await fuzzer.step();
  await server.stop();
});
