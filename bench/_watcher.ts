import { findFreePort } from "./_broker_process.ts";
import type { FoundBroker } from "./_brokers.ts";

const INTERVAL_MS = 1_000;

/** What a dashboard and a Prometheus ask for. */
const PATHS = ["/api/v1/overview", "/api/v1/history?after=1", "/metrics"];

/** Somebody who looks at RQTT once a second while it is measured. */
export class Watcher {
  readonly #port = findFreePort();
  readonly #token = crypto.randomUUID() + crypto.randomUUID();
  readonly #tokenPath: string;

  /** `directory` is for a file, and removed by the caller. */
  constructor(directory: string) {
    this.#tokenPath = `${directory}/tokens`;
    const line = `read bench ${this.#token}\n`;
    Deno.writeTextFileSync(this.#tokenPath, line, { mode: 0o600 });
  }

  /** What the configuration of the broker needs in addition. */
  get config(): string {
    return `admin:
  address: 127.0.0.1:${this.#port}
  token_file: ${this.#tokenPath}
`;
  }

  /** The broker, watched whenever it runs. */
  watch(broker: FoundBroker): FoundBroker {
    return {
      ...broker,
      start: async (...args) => {
        const running = await broker.start(...args);
        const timer = setInterval(() => this.#look(), INTERVAL_MS);
        return {
          ...running,
          stop: () => {
            clearInterval(timer);
            return running.stop();
          },
        };
      },
    };
  }

  async #look(): Promise<void> {
    for (const path of PATHS) {
      const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
        headers: { authorization: `Bearer ${this.#token}` },
      }).catch(() => null);
      // The broker stops when the run is over.
      if (response === null) return;
      const text = await response.text();
      if (!response.ok) throw new Error(`Cannot watch the broker: ${text}`);
    }
  }
}
