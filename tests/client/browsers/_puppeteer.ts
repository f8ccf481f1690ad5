import puppeteer, { type LaunchOptions } from "puppeteer-core";
import {
  type Engine,
  findCommand,
  Home,
  LAUNCH_TIMEOUT_MS,
  type Visit,
} from "./_engine.ts";

const chromium = findCommand(["chromium", "google-chrome", "chrome"]);
const firefox = findCommand(["firefox-esr", "firefox"]);

/** Blink. */
export const chromiumEngine: Engine = {
  name: "Chromium",
  whyMissing: chromium === null ? "chromium is not installed" : null,
  visit: (url) =>
    visit(url, {
      browser: "chrome",
      executablePath: chromium!,
      // Root has no sandbox, containers no /dev/shm; the page is our own.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    }),
};

/** Gecko. */
export const firefoxEngine: Engine = {
  name: "Firefox",
  whyMissing: firefox === null ? "firefox is not installed" : null,
  visit: (url) => visit(url, { browser: "firefox", executablePath: firefox! }),
};

/** Drives it over WebDriver BiDi. */
async function visit(url: string, options: LaunchOptions): Promise<Visit> {
  await using disposal = new AsyncDisposableStack();
  const home = disposal.use(await Home.make());
  const browser = await puppeteer.launch({
    ...options,
    protocol: "webDriverBiDi",
    headless: true,
    acceptInsecureCerts: true,
    // Signals end this program, which ends the browser.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    env: home.environment,
    timeout: LAUNCH_TIMEOUT_MS,
    protocolTimeout: LAUNCH_TIMEOUT_MS,
  });
  disposal.defer(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url, {
    waitUntil: "domcontentloaded",
    timeout: LAUNCH_TIMEOUT_MS,
  });
  const version = await browser.version();
  const kept = disposal.move();
  return {
    version: version.split("/")[1],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
