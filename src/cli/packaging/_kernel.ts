import { main } from "assemblyscript/asc";
import { ROOT } from "./_deno.ts";

const DIRECTORY = new URL("src/auth/hashing/", ROOT);

/** The names of what there is in AssemblyScript. */
export const KERNELS = ["argon2id", "pbkdf2"] as const;

/** Where what {@linkcode compileKernel} makes is kept. */
export function kernelAddress(name: string): URL {
  return new URL(`${name}.wasm`, DIRECTORY);
}

/**
 * Compiles a password hash from AssemblyScript to WebAssembly.
 * @throws {Error} With what the compiler says, if it cannot.
 */
export async function compileKernel(name: string): Promise<Uint8Array> {
  const source = await Deno.readTextFile(new URL(`${name}.as`, DIRECTORY));
  let output: Uint8Array | undefined;
  // The compiler knows its sources by the suffix of TypeScript, and in the
  // repository Deno would take them for its own.
  const { error, stderr } = await main([
    ...["kernel.ts", "--outFile", "kernel.wasm", "--runtime", "stub"],
    ...["--optimizeLevel", "3", "--converge", "--noAssert"],
  ], {
    readFile: (path) => path === "kernel.ts" ? source : null,
    writeFile: (_path, contents) => {
      output = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error !== null || output === undefined) {
    throw new Error(`Cannot compile ${name}.as: ${stderr}`);
  }
  return output;
}
