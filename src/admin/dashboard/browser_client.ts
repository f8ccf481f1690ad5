/** Stands above the program in the executable, see `packaging/_bundle.ts`. */
declare const RQTT_BROWSER_CLIENT: string | undefined;

/** Not in the executable, so it must not be found when that is packed. */
const BUNDLER = "../../client/bundle.ts";

let bundling: Promise<string> | null = null;

/**
 * The project's client as one module for browsers: the executable has it in
 * it, and from the sources it is packed when it is first asked for.
 * @throws {Error} If it cannot be packed.
 */
export function browserClient(): Promise<string> {
  if (typeof RQTT_BROWSER_CLIENT !== "undefined") {
    return Promise.resolve(RQTT_BROWSER_CLIENT);
  }
  return bundling ??= bundle();
}

async function bundle(): Promise<string> {
  const { bundleForBrowsers, clientEntryPoint } = await import(BUNDLER);
  return await bundleForBrowsers(clientEntryPoint);
}
