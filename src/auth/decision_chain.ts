import type {
  Action,
  AuthenticationExchange,
  AuthenticationRequest,
  AuthenticationResult,
  AuthenticationStep,
  Authorizer,
  ClientIdentity,
  Clock,
  ListenerScope,
} from "../broker/mod.ts";
import { ReasonCode } from "../codec/mod.ts";
import { AccessControl } from "./access_control.ts";
import type { BannedCandidate } from "./ban_list.ts";
import { ClientState } from "./client_state.ts";
import type {
  AccessVerdict,
  Admission,
  AuthenticationStep as LinkStep,
  AuthenticationVerdict,
  Links,
  Rules,
} from "./verdict.ts";
import { findWillObjection } from "./will_objection.ts";

/** The name of the link that lets in who has not shown who they are. */
export const ANONYMOUS = "anonymous";

/**
 * Asks its links in order: the first that does not pass decides, and if all
 * pass the answer is no. What a client may do is remembered until the verdict
 * expires or the rules are replaced.
 */
export class DecisionChain implements Authorizer {
  readonly #clock: Clock;
  #access: AccessControl;

  constructor(rules: Rules, clock: Clock) {
    this.#clock = clock;
    this.#access = new AccessControl(rules, clock);
  }

  get receiveControl(): "none" | "once" | "always" {
    return this.#access.receiveControl;
  }

  get rules(): Rules {
    return this.#access.rules;
  }

  /** Goes by `rules` from now on; the broker is to review its connections. */
  replace(rules: Rules): void {
    this.#access = new AccessControl(rules, this.#clock);
  }

  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationResult | Promise<AuthenticationResult> {
    return this.#refuseBanned(candidateOf(request)) ??
      this.#authenticate(request, this.rules, 0);
  }

  #refuseBanned(candidate: BannedCandidate): AuthenticationResult | null {
    const line = this.rules.bans?.find(candidate) ?? null;
    return line === null
      ? null
      : { reasonCode: ReasonCode.banned, cause: `banned by ${line}` };
  }

  #authenticate(
    request: AuthenticationRequest,
    rules: Rules,
    first: number,
  ): AuthenticationResult | Promise<AuthenticationResult> {
    const { authenticators } = linksOf(rules, request.listener);
    for (let i = first; i < authenticators.length; i++) {
      const { name } = authenticators[i];
      const verdict = authenticators[i].authenticate(request);
      if (verdict instanceof Promise) {
        return verdict.then((verdict) => {
          // A reload came between: what was found out may no longer hold.
          if (rules !== this.rules) return this.authenticate(request);
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
    request: AuthenticationRequest,
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
      case "allow":
        return this.#admit(request, name, verdict);
    }
  }

  #admit(
    request: AuthenticationRequest,
    name: string,
    admission: Admission,
  ): AuthenticationResult {
    const { controllers } = linksOf(this.rules, request.listener);
    // Nobody has checked the name, so no rule may go by it.
    const isClaim = name === ANONYMOUS && controllers.length > 0;
    const userName = isClaim ? null : admission.userName ?? request.userName;
    return this.#refuseBanned({ ...candidateOf(request), userName }) ?? {
      reasonCode: ReasonCode.success,
      userName,
      isUnproven: name === ANONYMOUS,
      authorization: new ClientState(name, admission),
      expiresAtMs: admission.expiresAtMs,
    };
  }

  startExchange(
    method: string,
    client: ClientIdentity,
  ): AuthenticationExchange | null {
    const { rules } = this;
    const { clientIdentifier, remoteAddress } = client;
    for (
      const authenticator of linksOf(rules, client.listener).authenticators
    ) {
      const exchange = authenticator.startExchange?.(method, client) ?? null;
      if (exchange === null) continue;
      const { name } = authenticator;
      return {
        proceed: async (data) => {
          const step = await exchange.proceed(data);
          const userName = (step.answer === "allow" ? step.userName : null) ??
            client.userName;
          const candidate = { clientIdentifier, userName, remoteAddress };
          return this.#refuseBanned(candidate) ??
            toStep(name, rules === this.rules ? step : OVERTAKEN);
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
    const verdict = this.#access.find(client, action, topic);
    return verdict === null ? null : verdict.isAllowed;
  }

  async decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): Promise<boolean> {
    for (;;) {
      const access = this.#access;
      const isAllowed = await access.decide(client, action, topic);
      // A reload came between: others decide now, perhaps at once.
      if (access === this.#access) return isAllowed;
      const verdict = this.#access.find(client, action, topic);
      if (verdict !== null) return verdict.isAllowed;
    }
  }

  /** What the decision rests on; `null` if it is not known. */
  findVerdict(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null {
    return this.#access.find(client, action, topic);
  }

  explain(client: ClientIdentity, action: Action, topic: string): string {
    return this.findVerdict(client, action, topic)?.rule ?? "not decided";
  }

  findWillObjection(author: ClientIdentity, topic: string): string | null {
    return findWillObjection(this.rules, author, topic);
  }

  /**
   * Why a client let in by earlier rules would not be by the present ones;
   * `null` if it would.
   */
  findObjection(client: ClientIdentity): string | null {
    const { authorization, listener } = client;
    const ban = this.#refuseBanned(client);
    if (ban !== null) return ban.cause!;
    if (!(authorization instanceof ClientState)) return "let in by nobody";
    const { authenticator: name, credential } = authorization;
    const link = linksOf(this.rules, listener).authenticators.find((link) =>
      link.name === name
    );
    if (link === undefined) return `${name} is not asked any more`;
    return link.isStillWelcome(client, credential)
      ? null
      : `${name} would not let it in now`;
  }
}

/** The links of one listener. */
export function linksOf(rules: Rules, listener?: ListenerScope): Links {
  return listener === undefined
    ? rules
    : rules.listeners?.get(listener.index) ?? rules;
}

function candidateOf(
  { connect: { clientIdentifier }, userName, remoteAddress }:
    AuthenticationRequest,
): BannedCandidate {
  return { clientIdentifier, userName, remoteAddress };
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
        authorization: new ClientState(name, step),
        data: step.data,
        expiresAtMs: step.expiresAtMs,
      };
    case "deny":
      return {
        reasonCode: step.reasonCode ?? ReasonCode.notAuthorized,
        userName: step.userName,
        cause: `${name}: ${step.cause}`,
      };
  }
}
