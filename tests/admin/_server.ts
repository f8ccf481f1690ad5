import { type Config, defaultConfig, Server } from "../../src/mod.ts";
import type { ServerOptions } from "../../src/mod.ts";

/** A broker whose admin HTTP is on; both listen on ports of their own. */
export interface Given {
  readonly server: Server;
  /** Of the listener of the admin HTTP, without path. */
  readonly origin: string;
  readonly token: string;
  readonly mqttPort: number;
  /** Sends a request that shows the token, unless a header says otherwise. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** What a test changes of the server. */
export interface Changes extends Omit<ServerOptions, "config"> {
  readonly config?: Partial<Config>;
}

/** Runs `use` with a server that stops afterwards. */
export async function withServer(
  use: (given: Given) => Promise<void>,
  { config, ...options }: Changes = {},
): Promise<void> {
  const defaults = defaultConfig();
  const server = await Server.start({
    ...options,
    config: {
      ...defaults,
      listeners: [{
        type: "tcp",
        hostname: "127.0.0.1",
        port: 0,
        maximumConnections: 10_000,
      }],
      admin: {
        ...defaults.admin,
        address: { hostname: "127.0.0.1", port: 0 },
      },
      ...config,
    },
  });
  const token = server.adminToken ?? "";
  const origin = `http://127.0.0.1:${server.adminAddress?.port}`;
  try {
    await use({
      server,
      origin,
      token,
      mqttPort: server.addresses[0].port,
      request: (path, init) => {
        const headers = new Headers(init?.headers);
        if (!headers.has("authorization") && !headers.has("cookie")) {
          headers.set("authorization", `Bearer ${token}`);
        }
        return fetch(`${origin}${path}`, { ...init, headers });
      },
    });
  } finally {
    await server.stop();
  }
}

/** Sends `text` as it stands and returns all that comes back. */
export async function sendRaw(port: number, text: string): Promise<string> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(text));
  let answer = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return answer;
    answer += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}
