import type { Client } from "../../src/client/api.ts";
import type { ClientEventMap } from "../../src/client/events.ts";

/** A test that needs no permission: transport and time are made up. */
export function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** The next event of `type`. */
export function once<Type extends keyof ClientEventMap>(
  client: Client,
  type: Type,
): Promise<ClientEventMap[Type]> {
  return new Promise((resolve) => {
    client.addEventListener(type, ({ detail }) => resolve(detail), {
      once: true,
    });
  });
}

/** What `promise` rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (reason) {
    return reason;
  }
  throw new Error("Waited for a rejection: it has resolved");
}
