import puppeteer, { type Page } from "puppeteer-core";
import type { Broker } from "../../src/broker/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { encodePacket } from "../../src/codec/mod.ts";
import { defaultConfig } from "../../src/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { PLUGIN, PluginFiles } from "../auth/plugin/_plugins.ts";
import { connectPacket } from "../broker/_packets.ts";
import { outputOf } from "../interop/_child.ts";
import { defineTest } from "../interop/_harness.ts";
import { type Given, sendRaw, withServer } from "./_server.ts";

/** Where screenshots go, for people to look at. */
const SCREENSHOTS = new URL("../../dist/dashboard/", import.meta.url);

const chromiumPath = outputOf("sh", ["-c", "command -v chromium"])?.trim();

const CHROMIUM = {
  whyMissing: chromiumPath === undefined ? "chromium is not installed" : null,
};

/** What a page shows at one moment, by the name in the API. */
interface Shown {
  readonly sequence: number;
  readonly values: Record<string, string>;
}

/** Runs `use` with a page of a browser that is logged in. */
async function withPage(
  { origin, token }: Given,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const browser = await puppeteer.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1400, height: 1000 });
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      const text = message.text();
      // Before the login the API says so.
      if (message.type() === "error" && !text.includes("401")) {
        faults.push(text);
      }
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !url.startsWith("data:")) faults.push(url);
    });
    await page.goto(`${origin}/dashboard`);
    await page.waitForSelector("#login[open]");
    await page.type("#token", token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#tiles b[data-value]");
    await use(page);
    assertEquals(faults, []);
  } finally {
    await browser.close();
  }
}

/** All in one look: the page changes only between two tasks of its own. */
function read(page: Page): Promise<Shown> {
  return page.evaluate(`({
    sequence: Number(document.querySelector("#tiles").dataset.sequence),
    values: Object.fromEntries([...document.querySelectorAll("#tiles b")].map(
      (value) => [value.dataset.name, value.dataset.value],
    )),
  })`) as Promise<Shown>;
}

async function shoot(page: Page, name: string): Promise<void> {
  await Deno.mkdir(SCREENSHOTS, { recursive: true });
  const { pathname } = new URL(`${name}.png`, SCREENSHOTS);
  await page.screenshot({ path: pathname as `${string}.png`, fullPage: true });
}

defineTest({
  name: "the dashboard shows what the API says while messages flow",
  needs: [CHROMIUM],
  async run() {
    await withServer(async (given) => {
      const url = `mqtt://127.0.0.1:${given.mqttPort}`;
      await using client = await connect(url, { clientIdentifier: "busy" });
      await client.subscribe("plant/#");
      let isDone = false;
      const load = (async () => {
        while (!isDone) await client.publish("plant/a", "21.5", { qos: 1 });
      })();
      try {
        await withPage(given, async (page) => {
          await page.waitForFunction(`
            Number(document.querySelector(
              '[data-name="messages_received_per_second"]').dataset.value) > 0
            && document.querySelector("#top-topics").textContent
              .includes("plant/a")
            && document.querySelector("#clients-table").textContent
              .includes("busy")`);
          const { sequence, values } = await read(page);
          const answer = await given.request("/api/v1/history");
          const { items } = await answer.json();
          const sample = items.find((each: { sequence: number }) =>
            each.sequence === sequence
          );
          assert(Object.keys(values).length >= 9);
          for (const [name, value] of Object.entries(values)) {
            assertEquals([name, value], [name, String(sample[name])]);
          }
          await shoot(page, "desktop");
          await page.emulateMediaFeatures([
            { name: "prefers-color-scheme", value: "dark" },
          ]);
          await page.setViewport({ width: 390, height: 844 });
          // Nothing is wider than the screen.
          await page.waitForFunction(
            "document.documentElement.scrollWidth === 390",
          );
          await shoot(page, "phone");
        });
      } finally {
        isDone = true;
        await load;
      }
    });
  },
});

defineTest({
  name: "the console of the dashboard publishes and subscribes",
  needs: [CHROMIUM],
  async run() {
    await withServer(async (given) => {
      await withPage(given, async (page) => {
        await page.$eval("#subscribe-filter", (input) => {
          (input as unknown as { value: string }).value = "hall/+";
        });
        await page.click("#subscribe-form .primary");
        await page.waitForFunction(
          `document.querySelector("#console-state").textContent === "connected"`,
        );
        await page.type("#publish-topic", "hall/light");
        await page.type("#publish-payload", "<b>on</b>");
        await page.click("#publish-retain");
        await page.click("#publish-form .primary");
        await page.waitForFunction(`document.querySelector("#console-messages")
          .textContent.includes("hall/light <b>on</b>")`);
        assert(given.server.broker.retained.get("hall/light") !== undefined);
      });
    });
  },
});

defineTest({
  name: "the dashboard shows plugins, if there are any",
  needs: [CHROMIUM],
  async run() {
    await withServer(async (given) => {
      await withPage(given, async (page) => {
        await page.waitForFunction(
          `document.querySelector("#drops-table tbody") !== null`,
        );
        assertEquals(await page.$eval("#plugins", isHidden), true);
      });
    });
    await using files = await PluginFiles.create();
    const module = await files.write(
      "export default { onConnect() { throw new Error('no'); }, onPublish() {} };",
    );
    const permissions = { ...PLUGIN.permissions, messages: ["t"] };
    const auth = { ...defaultConfig().auth, allowAnonymous: true };
    await withServer(async (given) => {
      await using client = await connect(`mqtt://127.0.0.1:${given.mqttPort}`);
      await client.publish("t", "x", { qos: 1 });
      await withPage(given, async (page) => {
        await page.waitForFunction(`[
          ...document.querySelectorAll("#plugins-table tbody td"),
        ].map((cell) => cell.textContent).join() === "mine,runs,0,1,1,1,0,–"`);
        assertEquals(await page.$eval("#plugins", isHidden), false);
        await shoot(page, "plugins");
      });
    }, { config: { auth, plugins: [{ ...PLUGIN, module, permissions }] } });
  },
});

/** Runs in the browser. */
function isHidden(element: unknown): boolean {
  return (element as { hidden: boolean }).hidden;
}

/** Asks for the WebSocket of the console; returns the status of the answer. */
async function askForConsole(
  origin: string,
  headers: Record<string, string>,
): Promise<number> {
  const port = Number(new URL(origin).port);
  const answer = await sendRaw(
    port,
    [
      "GET /dashboard/mqtt HTTP/1.1",
      `Host: 127.0.0.1:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      "Sec-WebSocket-Protocol: mqtt",
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      "",
      // A frame that closes the WebSocket, if it is one.
      "\r\n\x08\x00",
    ].join("\r\n"),
  );
  return Number(answer.split(" ")[1]);
}

Deno.test("only who may write has a console, from a page of the broker", async () => {
  const directory = await Deno.makeTempDir();
  const tokenFile = `${directory}/tokens`;
  const [reader, writer] = ["r", "w"].map((letter) => letter.repeat(40));
  await Deno.writeTextFile(
    tokenFile,
    `read viewer ${reader}\nwrite operator ${writer}\n`,
    { mode: 0o600 },
  );
  const admin = {
    ...defaultConfig().admin,
    address: { hostname: "127.0.0.1", port: 0 },
    tokenFile,
  };
  await withServer(async ({ origin }) => {
    assertEquals(await askForConsole(origin, {}), 403);
    for (const [token, status] of [[reader, 403], [writer, 101]] as const) {
      const headers = { Authorization: `Bearer ${token}` };
      assertEquals(await askForConsole(origin, headers), status);
    }
    const login = await fetch(`${origin}/login`, {
      method: "POST",
      body: JSON.stringify({ token: writer }),
    });
    await login.body?.cancel();
    const [Cookie] = login.headers.get("set-cookie")!.split(";");
    assertEquals(await askForConsole(origin, { Cookie, Origin: origin }), 101);
    const foreign = { Cookie, Origin: "http://evil.example" };
    assertEquals(await askForConsole(origin, foreign), 403);
  }, { config: { admin } });
  await Deno.remove(directory, { recursive: true });
});

Deno.test("the page and what it loads need no login and allow nothing foreign", async () => {
  await withServer(async ({ origin }) => {
    const page = await fetch(`${origin}/dashboard`);
    const policy = page.headers.get("content-security-policy") ?? "";
    assert(policy.startsWith("default-src 'none'; script-src 'self'"), policy);
    const text = await page.text();
    assert(!/\son\w+=|<script>|style="|https?:/.test(text));
    for (const [, path] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      const asset = await fetch(`${origin}${path}`);
      await asset.body?.cancel();
      assertEquals([path, asset.status], [path, 200]);
    }
  });
});

defineTest({
  name: "the dashboard pages and searches through 10,000 clients",
  needs: [CHROMIUM],
  async run() {
    await withServer(async (given) => {
      const { broker } = given.server;
      for (let i = 0; i < 10_000; i++) connectSilently(broker, `device-${i}`);
      await withPage(given, async (page) => {
        await page.waitForFunction(`
          document.querySelector("#clients-total").textContent
            .replace(/\\D/g, "") === "10000"`);
        await page.click("#clients-next");
        await page.waitForFunction(`
          document.querySelector("#clients-table td").textContent
            !== "device-0"`);
        await page.type("#clients-search", "DEVICE-7654");
        await page.waitForFunction(`
          document.querySelector("#clients-total").textContent === "1"
          && document.querySelector("#clients-table td").textContent
            === "device-7654"`);
        await shoot(page, "many_clients");
      });
    });
  },
});

/** Connects a client that takes everything and says nothing. */
function connectSilently(broker: Broker, clientIdentifier: string): void {
  const connection = broker.accept({
    remoteAddress: "192.0.2.1:1",
    send: () => queueMicrotask(() => connection.sent()),
    resume() {},
    close: () => connection.transportClosed(),
  })!;
  const bytes = encodePacket(connectPacket(clientIdentifier), 5);
  connection.receive(bytes, 0, bytes.length);
}
