import type { Action, ClientIdentity } from "../../broker/mod.ts";
import type {
  AccessController,
  AccessPass,
  AccessVerdict,
} from "../verdict.ts";
import { checkAccess } from "./answers.ts";
import type { AccessQuestion } from "./api.ts";
import { toClient } from "./client.ts";
import type { RunningPlugin } from "./running_plugin.ts";

/** An answer holds for so long at the least: asking is what costs. */
const SHORTEST_CACHE_MS = 1_000;

/** A question that came to nothing is not asked again for so long. */
const FAILURE_CACHE_MS = 1_000;

/** A plugin as a link of the chain that decides what clients may do. */
export class PluginController implements AccessController {
  readonly name: string;
  readonly isTimeless = false;
  readonly isAsynchronous = true;
  readonly actions: readonly Action[];
  readonly #plugin: RunningPlugin;
  readonly #nowMs: () => number;

  /** `nowMs` is the time that verdicts expire by. */
  constructor(plugin: RunningPlugin, nowMs: () => number) {
    this.name = plugin.config.name;
    this.actions = plugin.config.actions;
    this.#plugin = plugin;
    this.#nowMs = nowMs;
  }

  async decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): Promise<AccessVerdict | AccessPass> {
    const { config } = this.#plugin;
    const question: AccessQuestion = { ...toClient(client), action, topic };
    try {
      const { answer, reason, cacheSeconds } = await this.#plugin.ask(
        "authorize",
        question,
        checkAccess,
      );
      const cacheMs = cacheSeconds === undefined
        ? config.cacheMs
        : Math.max(SHORTEST_CACHE_MS, cacheSeconds * 1_000);
      const expiresAtMs = this.#nowMs() + cacheMs;
      return answer === "pass" ? { isAllowed: null, expiresAtMs } : {
        isAllowed: answer === "allow",
        rule: reason === undefined ? this.name : `${this.name}: ${reason}`,
        expiresAtMs,
      };
    } catch (error) {
      return {
        isAllowed: false,
        rule: `${this.name}: ${this.#plugin.report("authorize", error)}`,
        expiresAtMs: this.#nowMs() + FAILURE_CACHE_MS,
      };
    }
  }
}
