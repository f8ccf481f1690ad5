/**
 * `deno task bundle`: packs the client for browsers into one ES module,
 * `dist/rqtt-client.js`. Other build steps call {@linkcode bundleForBrowsers}.
 * @module
 */
import { gzipSync } from "node:zlib";

/** Where `deno task bundle` puts the client. */
const OUTPUT = new URL("../../dist/rqtt-client.js", import.meta.url);

/** What the client's bundle is made of. */
export const clientEntryPoint = new URL("browser.ts", import.meta.url);

/**
 * Packs the module at `entryPoint` and all that it imports into one minified
 * ES module for browsers; returns its text.
 * @throws {Error} If a module is missing or no JavaScript or TypeScript.
 */
export async function bundleForBrowsers(entryPoint: URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--minify",
      entryPoint.href,
    ],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(
    `Cannot bundle ${entryPoint.href}: ${decoder.decode(stderr).trim()}`,
  );
}

/** How many bytes of `text` a server sends that keeps it compressed. */
export function gzippedBytes(text: string): number {
  return gzipSync(text, { level: 9 }).byteLength;
}

async function main(): Promise<void> {
  const text = await bundleForBrowsers(clientEntryPoint);
  await Deno.mkdir(new URL(".", OUTPUT), { recursive: true });
  await Deno.writeTextFile(OUTPUT, text);
  console.log(
    `dist/rqtt-client.js: ${text.length} bytes, ` +
      `${gzippedBytes(text)} gzipped`,
  );
}

if (import.meta.main) await main();
