import type { Action, ClientIdentity, Clock } from "../broker/mod.ts";
import type { ActionDecisions } from "./client_decisions.ts";
import { ClientState } from "./client_state.ts";
import { nobodyAllows } from "./nobody_allows.ts";
import type {
  AccessController,
  AccessPass,
  AccessVerdict,
  Links,
  Rules,
} from "./verdict.ts";

const UNCONTROLLED: AccessVerdict = {
  isAllowed: true,
  rule: "there is no access control",
  expiresAtMs: Infinity,
};

/** What `rules` say about the actions of clients. */
export class AccessControl {
  readonly rules: Rules;
  readonly receiveControl: "none" | "once" | "always";
  readonly #clock: Clock;
  readonly #common: AskedByAction;
  readonly #ofListeners = new Map<number, AskedByAction>();

  constructor(rules: Rules, clock: Clock) {
    this.rules = rules;
    this.#clock = clock;
    this.#common = byAction(rules);
    for (const [index, links] of rules.listeners ?? []) {
      this.#ofListeners.set(index, byAction(links));
    }
    this.receiveControl = receiveControlOf(rules);
  }

  /** The verdict if it is known, or can be found at once. */
  find(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null {
    const { controllers } = this.#askedOf(client)[action];
    const state = ClientState.of(client);
    if (controllers.length === 0 && state.grants === null) return UNCONTROLLED;
    const decisions = state.decisionsBy(this.rules).of(action);
    const known = decisions.get(topic);
    if (
      known !== null &&
      (known.expiresAtMs === Infinity ||
        known.expiresAtMs > this.#clock.nowMs())
    ) return known;
    const verdict = this.#findNow(client, action, topic);
    if (verdict !== null) decisions.set(topic, verdict);
    return verdict;
  }

  /** `null` if a link has to be waited for. */
  #findNow(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null {
    const granted = this.#findGrant(client, action, topic);
    if (granted !== null) return granted;
    const asked = this.#askedOf(client)[action];
    for (const controller of asked.controllers) {
      if (controller.isAsynchronous) return null;
      const verdict = controller.decide(client, action, topic);
      if (verdict !== null) return verdict as AccessVerdict;
    }
    return nobodyOf(asked, client);
  }

  #findGrant(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null {
    const { grants } = ClientState.of(client);
    const { roles = null } = this.rules;
    return grants?.decide(client, { action, topic }, roles) ?? null;
  }

  /** Asks all links that have to be asked; one question is asked once only. */
  decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): Promise<boolean> {
    const decisions = ClientState.of(client).decisionsBy(this.rules).of(action);
    const pending = decisions.pending.get(topic);
    if (pending !== undefined) return pending;
    const answer = this.#ask(client, action, { topic, decisions })
      .finally(() => decisions.pending.delete(topic));
    decisions.pending.set(topic, answer);
    return answer;
  }

  async #ask(
    client: ClientIdentity,
    action: Action,
    { topic, decisions }: { topic: string; decisions: ActionDecisions },
  ): Promise<boolean> {
    let verdict = this.#findGrant(client, action, topic);
    let passesUntilMs = Infinity;
    const asked = this.#askedOf(client)[action];
    for (const controller of asked.controllers) {
      if (verdict !== null) break;
      const answer = await ask(controller, client, { action, topic });
      if (answer === null) continue;
      if (answer.isAllowed === null) {
        passesUntilMs = Math.min(passesUntilMs, answer.expiresAtMs);
      } else {
        verdict = answer;
      }
    }
    verdict ??= nobodyOf(asked, client);
    const expiresAtMs = Math.min(verdict.expiresAtMs, passesUntilMs);
    decisions.set(topic, { ...verdict, expiresAtMs });
    return verdict.isAllowed;
  }

  #askedOf({ listener }: ClientIdentity): AskedByAction {
    // Most often there are none, and this is asked for each PUBLISH.
    if (this.#ofListeners.size === 0 || listener === undefined) {
      return this.#common;
    }
    return this.#ofListeners.get(listener.index) ?? this.#common;
  }
}

/** Who is asked about one action. */
interface Asked {
  readonly controllers: readonly AccessController[];
  /** The verdict on clients without grants, if none of them has a rule. */
  readonly nobodyAllows: AccessVerdict;
}

type AskedByAction = Readonly<Record<Action, Asked>>;

function byAction(links: Links): AskedByAction {
  const about = (action: Action): Asked => {
    const controllers = links.controllers
      .filter(({ actions }) => actions?.includes(action) ?? true);
    return { controllers, nobodyAllows: nobodyAllows(controllers, null) };
  };
  return {
    publish: about("publish"),
    subscribe: about("subscribe"),
    receive: about("receive"),
  };
}

function nobodyOf(asked: Asked, client: ClientIdentity): AccessVerdict {
  const { grants } = ClientState.of(client);
  return grants === null
    ? asked.nobodyAllows
    : nobodyAllows(asked.controllers, grants);
}

function receiveControlOf(rules: Rules): "none" | "once" | "always" {
  const all = [rules, ...rules.listeners?.values() ?? []];
  const controllers = all.flatMap((links) =>
    byAction(links).receive.controllers
  );
  if (!controllers.every(({ isTimeless }) => isTimeless)) return "always";
  const mayGrant = all.some(({ authenticators }) =>
    authenticators.some(({ grantsRights }) => grantsRights)
  );
  return controllers.length > 0 || mayGrant ? "once" : "none";
}

/** A link that fails says no, for a moment: who asks again may be luckier. */
async function ask(
  controller: AccessController,
  client: ClientIdentity,
  { action, topic }: { action: Action; topic: string },
): Promise<AccessVerdict | AccessPass | null> {
  try {
    return await controller.decide(client, action, topic);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      isAllowed: false,
      rule: `${controller.name} failed: ${reason}`,
      expiresAtMs: 0,
    };
  }
}
