/**
 * What runs in the page: the checks, one after the other, each over `ws:` and
 * `wss:`, with the bundle that browsers get. What becomes of them is posted to
 * the server of the page.
 */
import type { Client } from "../../../src/client/browser.ts";
import type { ConnectOptions } from "../../../src/client/api.ts";
import { type Check, CHECKS } from "./_checks.ts";
import type { CheckReport } from "./_report.ts";

const DEADLINE_MS = 60_000;
const SCHEMES = ["ws", "wss"] as const;

type Scheme = typeof SCHEMES[number];
type Connect = typeof import("../../../src/client/browser.ts").connect;

/** Runs everything; `connect` is that of the bundle. */
export async function runChecks(connect: Connect): Promise<void> {
  const parameters = new URL(location.href).searchParams;
  for (const scheme of SCHEMES) {
    const url = parameters.get(scheme)!;
    for (const [index, check] of CHECKS.entries()) {
      const unique = `${parameters.get("unique")}-${scheme}-${index}`;
      await post("/report", await report({ check, scheme, url, unique }));
    }
  }
  await post("/finished", navigator.userAgent);

  async function report({ check, scheme, url, unique }: {
    readonly check: Check;
    readonly scheme: Scheme;
    readonly url: string;
    readonly unique: string;
  }): Promise<CheckReport> {
    const clients: Client[] = [];
    const running = check.run({
      unique,
      async connect(options: ConnectOptions = {}, path = "/mqtt") {
        const client = await connect(new URL(path, url), options);
        clients.push(client);
        return client;
      },
      cut: () => post("/cut", scheme),
    });
    let failure: string | null = null;
    let detail: string | void = "";
    try {
      detail = await Promise.race([running, deadline()]);
    } catch (error) {
      failure = String(error);
    }
    await Promise.all(clients.map((client) => client.close()));
    return { scheme, check: check.name, failure, detail: detail ?? "" };
  }
}

function deadline(): Promise<never> {
  return new Promise((_, reject) =>
    setTimeout(
      () => reject(new Error(`it takes more than ${DEADLINE_MS} ms`)),
      DEADLINE_MS,
    )
  );
}

async function post(path: string, body: unknown): Promise<void> {
  const response = await fetch(path, {
    method: "POST",
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Cannot post: ${response.status}`);
}
