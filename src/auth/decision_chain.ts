import type {
  Action,
  AuthenticationExchange,
  AuthenticationRequest,
  AuthenticationResult,
  AuthenticationStep,
  Authorizer,
  ClientIdentity,
  Clock,
} from "../broker/mod.ts";
import { ReasonCode } from "../codec/mod.ts";
import type { BannedCandidate } from "./ban_list.ts";
import { ClientDecisions } from "./client_decisions.ts";
import type {
  AccessController,
  AccessVerdict,
  AuthenticationStep as LinkStep,
  AuthenticationVerdict,
  Rules,
} from "./verdict.ts";

const NOBODY_ALLOWS: AccessVerdict = {
  isAllowed: false,
  rule: "no rule allows it",
  expiresAtMs: Infinity,
};

/**
 * Asks its links in order: the first that does not pass decides, and if all
 * pass the answer is no. What a client may do is remembered until the verdict
 * expires or the rules are replaced.
 */
export class DecisionChain implements Authorizer {
  readonly #clock: Clock;
  #rules: Rules;
  #receiveControl: "none" | "once" | "always";

  constructor(rules: Rules, clock: Clock) {
    this.#clock = clock;
    this.#rules = rules;
    this.#receiveControl = receiveControlOf(rules);
  }

  get receiveControl(): "none" | "once" | "always" {
    return this.#receiveControl;
  }

  get rules(): Rules {
    return this.#rules;
  }

  /** Goes by `rules` from now on; the broker is to review its connections. */
  replace(rules: Rules): void {
    this.#rules = rules;
    this.#receiveControl = receiveControlOf(rules);
  }

  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationResult | Promise<AuthenticationResult> {
    const { connect: { clientIdentifier }, userName, remoteAddress } = request;
    return this.#refuseBanned({ clientIdentifier, userName, remoteAddress }) ??
      this.#authenticate(request, this.#rules, 0);
  }

  #refuseBanned(candidate: BannedCandidate): AuthenticationResult | null {
    const line = this.#rules.bans?.find(candidate) ?? null;
    return line === null
      ? null
      : { reasonCode: ReasonCode.banned, cause: `banned by ${line}` };
  }

  #authenticate(
    request: AuthenticationRequest,
    rules: Rules,
    first: number,
  ): AuthenticationResult | Promise<AuthenticationResult> {
    const { authenticators } = rules;
    for (let i = first; i < authenticators.length; i++) {
      const { name } = authenticators[i];
      const verdict = authenticators[i].authenticate(request);
      if (verdict instanceof Promise) {
        return verdict.then((verdict) => {
          // A reload came between: what was found out may no longer hold.
          if (rules !== this.#rules) return this.authenticate(request);
          return this.#conclude(request, name, verdict) ??
            this.#authenticate(request, rules, i + 1);
        });
      }
      const result = this.#conclude(request, name, verdict);
      if (result !== null) return result;
    }
    return request.userName === null
      ? {
        reasonCode: ReasonCode.notAuthorized,
        cause: "anonymous clients are not allowed",
      }
      : {
        reasonCode: ReasonCode.badUserNameOrPassword,
        cause: "nothing knows the user",
      };
  }

  #conclude(
    { userName }: AuthenticationRequest,
    name: string,
    verdict: AuthenticationVerdict,
  ): AuthenticationResult | null {
    switch (verdict.answer) {
      case "pass":
        return null;
      case "deny":
        return {
          reasonCode: verdict.reasonCode ?? ReasonCode.badUserNameOrPassword,
          cause: `${name}: ${verdict.cause}`,
        };
      case "allow": {
        const isClaim = name === ANONYMOUS &&
          this.#rules.controllers.length > 0;
        return {
          reasonCode: ReasonCode.success,
          // Nobody has checked the name, so no rule may go by it.
          userName: isClaim ? null : verdict.userName ?? userName,
          authorization: new ClientState(name, verdict.credential ?? ""),
        };
      }
    }
  }

  startExchange(
    method: string,
    { clientIdentifier, remoteAddress, userName }: ClientIdentity,
  ): AuthenticationExchange | null {
    const rules = this.#rules;
    for (const authenticator of rules.authenticators) {
      const exchange = authenticator.startExchange?.(method) ?? null;
      if (exchange === null) continue;
      const { name } = authenticator;
      return {
        proceed: async (data) => {
          const step = await exchange.proceed(data);
          const banned = this.#refuseBanned({
            clientIdentifier,
            userName: step.answer === "allow" ? step.userName : userName,
            remoteAddress,
          });
          if (banned !== null) return banned;
          return toStep(name, rules === this.#rules ? step : OVERTAKEN);
        },
      };
    }
    return null;
  }

  lookup(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): boolean | null {
    const verdict = this.#verdictOn(client, action, topic);
    return verdict === null ? null : verdict.isAllowed;
  }

  /** The verdict if it is known, or can be found at once. */
  #verdictOn(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null {
    const { controllers } = this.#rules;
    if (controllers.length === 0) return UNCONTROLLED;
    const decisions = this.#decisionsOf(client).of(action);
    const known = decisions.get(topic);
    if (
      known !== null &&
      (known.expiresAtMs === Infinity ||
        known.expiresAtMs > this.#clock.nowMs())
    ) return known;
    for (let i = 0; i < controllers.length; i++) {
      if (controllers[i].isAsynchronous) return null;
      const verdict = controllers[i].decide(client, action, topic) as
        | AccessVerdict
        | null;
      if (verdict === null) continue;
      decisions.set(topic, verdict);
      return verdict;
    }
    decisions.set(topic, NOBODY_ALLOWS);
    return NOBODY_ALLOWS;
  }

  async decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): Promise<boolean> {
    const decisions = this.#decisionsOf(client).of(action);
    for (const controller of this.#rules.controllers) {
      const verdict = await ask(controller, client, action, topic);
      if (verdict === null) continue;
      decisions.set(topic, verdict);
      return verdict.isAllowed;
    }
    decisions.set(topic, NOBODY_ALLOWS);
    return false;
  }

  explain(client: ClientIdentity, action: Action, topic: string): string {
    return this.#verdictOn(client, action, topic)?.rule ?? "not decided";
  }

  /** Whether a client let in by earlier rules would be by the present ones. */
  isStillWelcome(client: ClientIdentity): boolean {
    const { authorization } = client;
    if (this.#refuseBanned(client) !== null) return false;
    if (!(authorization instanceof ClientState)) return false;
    return this.#rules.authenticators.some((authenticator) =>
      authenticator.name === authorization.authenticator &&
      authenticator.isStillWelcome(client, authorization.credential)
    );
  }

  #decisionsOf(client: ClientIdentity): ClientDecisions {
    let state = client.authorization;
    if (!(state instanceof ClientState)) {
      client.authorization = state = new ClientState("", "");
    }
    const { decisions } = state as ClientState;
    if (decisions !== null && decisions.rules === this.#rules) return decisions;
    return (state as ClientState).decisions = new ClientDecisions(this.#rules);
  }
}

/** The name of the link that lets in who has not shown who they are. */
export const ANONYMOUS = "anonymous";

const UNCONTROLLED: AccessVerdict = {
  isAllowed: true,
  rule: "there is no access control",
  expiresAtMs: Infinity,
};

/** What the chain remembers of a client that it has let in. */
class ClientState {
  readonly authenticator: string;
  readonly credential: string;
  decisions: ClientDecisions | null;

  constructor(authenticator: string, credential: string) {
    this.authenticator = authenticator;
    this.credential = credential;
    this.decisions = null;
  }
}

/** A reload came between: the client may begin anew. */
const OVERTAKEN: LinkStep = {
  answer: "deny",
  cause: "the users were reloaded meanwhile",
};

function toStep(name: string, step: LinkStep): AuthenticationStep {
  switch (step.answer) {
    case "continue":
      return {
        reasonCode: ReasonCode.continueAuthentication,
        data: step.data,
      };
    case "allow":
      return {
        reasonCode: ReasonCode.success,
        userName: step.userName,
        authorization: new ClientState(name, step.credential),
        data: step.data,
      };
    case "deny":
      return {
        reasonCode: ReasonCode.notAuthorized,
        cause: `${name}: ${step.cause}`,
      };
  }
}

function receiveControlOf({ controllers }: Rules): "none" | "once" | "always" {
  if (controllers.length === 0) return "none";
  return controllers.every(({ isTimeless }) => isTimeless) ? "once" : "always";
}

/** A link that fails says no, for a moment: who asks again may be luckier. */
async function ask(
  controller: AccessController,
  client: ClientIdentity,
  action: Action,
  topic: string,
): Promise<AccessVerdict | null> {
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
