import type { Client } from "../client/client.ts";

/** Connects a client within the process that has the rights of a user. */
export type ConnectAs = (userName: string) => Promise<Client>;

/** One client for each user that publishes: connecting anew for each message would flood the log. */
export class Publishers {
  readonly #connect: ConnectAs;
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(connect: ConnectAs) {
    this.#connect = connect;
  }

  /** @throws {MqttError} If the broker refuses the client. */
  async of(userName: string): Promise<Client> {
    const known = this.#clients.get(userName);
    const client = await known?.catch(() => null) ?? null;
    if (client !== null && client.state !== "closed") return client;
    // Whoever comes first connects anew, for all who wait for it.
    if (this.#clients.get(userName) === known) {
      this.#clients.set(userName, this.#connect(userName));
    }
    return await this.#clients.get(userName)!;
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    for (const client of await Promise.allSettled(clients)) {
      if (client.status === "fulfilled") await client.value.close();
    }
  }
}
