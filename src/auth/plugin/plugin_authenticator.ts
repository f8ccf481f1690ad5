import type {
  AuthenticationRequest,
  ClientIdentity,
} from "../../broker/mod.ts";
import { ReasonCode } from "../../codec/mod.ts";
import { Grants } from "../grants.ts";
import {
  type Admission,
  type AuthenticationExchange,
  type AuthenticationStep,
  type AuthenticationVerdict,
  type Authenticator,
  PASS,
} from "../verdict.ts";
import {
  type CheckedAdmission,
  type CheckedLogin,
  type CheckedStep,
  checkLogin,
  checkStep,
} from "./answers.ts";
import type { ExchangeMessage, Login } from "./api.ts";
import { toClient } from "./client.ts";
import type { CalledHook } from "./plugin_statistics.ts";
import type { RunningPlugin } from "./running_plugin.ts";

/** A plugin as a link of the chain that lets clients in. */
export class PluginAuthenticator implements Authenticator {
  readonly name: string;
  readonly grantsRights = true;
  readonly #plugin: RunningPlugin;

  constructor(plugin: RunningPlugin) {
    this.name = plugin.config.name;
    this.#plugin = plugin;
  }

  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationVerdict | Promise<AuthenticationVerdict> {
    return this.#plugin.host.has("authenticate") ? this.#ask(request) : PASS;
  }

  async #ask(request: AuthenticationRequest): Promise<AuthenticationVerdict> {
    const { connect } = request;
    const login: Login = {
      ...toClient({ ...request, clientIdentifier: connect.clientIdentifier }),
      password: connect.password,
      protocolVersion: connect.protocolVersion,
      cleanStart: connect.cleanStart,
      keepAliveSeconds: connect.keepAliveSeconds,
      certificate: request.certificateIdentity,
      isVouched: request.isVouched,
    };
    try {
      return await this.#plugin.ask(
        "authenticate",
        login,
        (value) => this.#judge(checkLogin(value)),
      );
    } catch (error) {
      return this.#fail("authenticate", error);
    }
  }

  startExchange(
    method: string,
    client: ClientIdentity,
  ): AuthenticationExchange | null {
    const { host } = this.#plugin;
    const isKnown = host.has("continueAuthentication") &&
      host.methods.includes(method);
    if (!isKnown) return null;
    const isReAuthentication = client.authorization !== null;
    let state: string | null = null;
    return {
      proceed: async (data) => {
        const message: ExchangeMessage = {
          ...toClient(client),
          method,
          data,
          state,
          isReAuthentication,
        };
        try {
          return await this.#plugin.ask(
            "continueAuthentication",
            message,
            (value) => {
              const answer = checkStep(value);
              if (answer.answer === "continue") state = answer.state;
              return this.#judgeStep(answer);
            },
          );
        } catch (error) {
          return this.#fail("continueAuthentication", error);
        }
      },
    };
  }

  /** Who was let in by another start of the plugin has to log in again. */
  isStillWelcome(_client: ClientIdentity, credential: string): boolean {
    return credential === this.#plugin.fingerprint;
  }

  /** @throws {Error} If it names rules that cannot be read. */
  #judge(answer: CheckedLogin): AuthenticationVerdict {
    switch (answer.answer) {
      case "pass":
        return PASS;
      case "allow":
        return this.#admit(answer);
      case "deny":
        return { ...answer, cause: answer.reason };
    }
  }

  /** @throws {Error} If it names rules that cannot be read. */
  #judgeStep(answer: CheckedStep): AuthenticationStep {
    switch (answer.answer) {
      case "continue":
        return answer;
      case "allow":
        return { ...this.#admit(answer), data: answer.data };
      case "deny":
        return { ...answer, cause: answer.reason };
    }
  }

  #admit(
    { userName, rules, roles, isFinal, expiresAtMs }: CheckedAdmission,
  ): Admission {
    return {
      answer: "allow",
      credential: this.#plugin.fingerprint,
      userName,
      expiresAtMs,
      grants: (rules ?? roles) === undefined && !isFinal
        ? undefined
        : new Grants(this.name, { rules, roles, isFinal }),
    };
  }

  /** No answer means no. The client is not to blame, and may try again. */
  #fail(
    hook: CalledHook,
    error: unknown,
  ): Extract<AuthenticationStep, { answer: "deny" }> {
    return {
      answer: "deny",
      cause: this.#plugin.report(hook, error),
      reasonCode: ReasonCode.serverUnavailable,
    };
  }
}
