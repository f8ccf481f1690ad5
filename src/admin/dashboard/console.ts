import type { HttpPeer, WebSocketService } from "../../transport/mod.ts";
import type { AdminApp } from "../app.ts";

/** Where the console of the dashboard speaks MQTT. */
const PATH = "/dashboard/mqtt";

/**
 * Who may publish through the admin HTTP may have a WebSocket, with the rights
 * of the user of their token: asked for as a change, so that the guard looks
 * at role and origin.
 */
export function addConsole(app: AdminApp): void {
  app.post(PATH, (context) => {
    const principal = context.get("principal");
    return context.json({ user: principal?.userName ?? null });
  });
}

/** Lets the WebSocket of the console in. */
export function consoleService(app: AdminApp): WebSocketService {
  return {
    path: PATH,
    async admit(
      headers: ReadonlyMap<string, string>,
      peer: HttpPeer,
    ): Promise<string | null> {
      const scheme = peer.isSecure ? "https" : "http";
      const url = URL.parse(`${scheme}://${headers.get("host")}${PATH}`);
      if (url === null) return null;
      const kept = ["authorization", "cookie", "origin"];
      const request = new Request(url, {
        method: "POST",
        headers: [...headers].filter(([name]) => kept.includes(name)),
      });
      const response = await app.fetch(request, { peer });
      if (!response.ok) return null;
      const { user } = await response.json();
      return user;
    },
  };
}
