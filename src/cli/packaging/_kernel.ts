import { main } from "assemblyscript/asc";
import { ROOT } from "./_deno.ts";

const DIRECTORY = new URL("src/auth/hashing/", ROOT);
const SOURCE = new URL("pbkdf2.as", DIRECTORY);

/** Where what {@linkcode compileKernel} makes is kept. */
export const KERNEL = new URL("pbkdf2.wasm", DIRECTORY);

/**
 * Compiles the AssemblyScript of the password hash to WebAssembly.
 * @throws {Error} With what the compiler says, if it cannot.
 */
export async function compileKernel(): Promise<Uint8Array> {
  // The compiler knows its sources by the suffix of TypeScript, in which Deno
  // would take ours for TypeScript.
  const source = await Deno.readTextFile(SOURCE);
  let output: Uint8Array | undefined;
  const { error, stderr } = await main([
    ...["kernel.ts", "--outFile", "kernel.wasm", "--runtime", "stub"],
    ...["--optimizeLevel", "3", "--converge", "--noAssert"],
  ], {
    readFile: (name) => name === "kernel.ts" ? source : null,
    writeFile: (_name, contents) => {
      output = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error !== null || output === undefined) {
    throw new Error(`Cannot compile ${SOURCE.pathname}: ${stderr}`);
  }
  return output;
}
